import type { ReactNode } from 'react';
import { useSubscription } from 'urql';
import { Answer, useAnswer } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { Dialog, DialogBody } from '../ui/Dialog.tsx';
import { Section } from '../ui/Section.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { sessionStatus } from '../words.ts';
import { Refused } from './Failure.tsx';
import styles from './SessionPanel.module.css';
import { describeUserAgent } from './user-agent.ts';
import { groupCode } from './user-code.ts';

const SessionDetails = graphql(`
  query SessionDetails($sessionId: ID!) {
    authSession(id: $sessionId) {
      id
      status
      userCode
      channel
      reason
      metadata
      createdAt
      expiresAt
      subject { provider id name username email phone }
      apiKey { id name }
      project { id name }
      environment { id name }
      startedFromIp
      startedFromUserAgent
      confirmedFromIp
      confirmedFromUserAgent
      logs(first: 100) {
        edges { node { id at type message reason ip actor { id kind label } } }
      }
    }
  }
`);

const FollowSession = graphql(`
  subscription FollowSession($projectId: ID!, $sessionId: ID!) {
    logAppended(projectId: $projectId, filter: { sessionId: $sessionId }) { id }
  }
`);

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** All that is known of one session, beside the list; its id stands in the address. */
export default function SessionPanel({
  sessionId,
  onClose,
}: {
  sessionId: string;
  onClose: () => void;
}) {
  return (
    <Dialog open onClose={onClose} title="Session" size="side">
      <DialogBody>
        <Details key={sessionId} sessionId={sessionId} />
      </DialogBody>
    </Dialog>
  );
}

function Details({ sessionId }: { sessionId: string }) {
  const answer = useAnswer(SessionDetails, { sessionId });
  const projectId = answer.data?.authSession?.project.id;
  useSubscription(
    {
      query: FollowSession,
      variables: { projectId: projectId ?? '', sessionId },
      pause: !projectId,
    },
    (_before, told) => {
      answer.retry();
      return told;
    },
  );
  return (
    <Answer of={answer} loading={<CardSkeleton rows={4} />}>
      {({ authSession: session }) => {
        if (!session) return <Refused />;
        const { subject, apiKey, metadata, channel, reason } = session;
        const { tone, word } = sessionStatus(session.status);
        const contact = [subject?.username, subject?.email, subject?.phone].filter(Boolean);
        const facts: [name: string, value: ReactNode][] = [
          ['Id', <CopyText key="id" value={session.id} label="session id" />],
          [
            'Status',
            <Status key="status" tone={tone}>
              {word}
            </Status>,
          ],
          ['Reason', reason],
          ['User', subject && (subject.name ?? `${subject.provider}:${subject.id}`)],
          ['Subject', subject && <code>{`${subject.provider}:${subject.id}`}</code>],
          ['Contact', contact.length > 0 && contact.join(', ')],
          ['Channel', channel],
          ['User code', <code key="code">{groupCode(session.userCode)}</code>],
          ['Where', `${session.project.name}, ${session.environment.name}`],
          ['API key', apiKey?.name],
          [
            'Started from',
            <Place key="from" ip={session.startedFromIp} agent={session.startedFromUserAgent} />,
          ],
          [
            'Confirmed from',
            (session.confirmedFromIp || session.confirmedFromUserAgent) && (
              <Place ip={session.confirmedFromIp} agent={session.confirmedFromUserAgent} />
            ),
          ],
          ['Deadline', <Time key="deadline" at={session.expiresAt} capital />],
          ['Metadata', metadata != null && <pre>{JSON.stringify(metadata, null, 2)}</pre>],
        ];
        return (
          <>
            <dl className={styles.facts}>
              {facts
                .filter(([, value]) => value)
                .map(([name, value]) => (
                  <Fact key={name} name={name} value={value} />
                ))}
            </dl>
            <Section title="Timeline">
              <ol className={styles.timeline}>
                {session.logs.edges
                  .toReversed()
                  .map(({ node: { id, at, message, reason, ip, actor } }) => (
                    <li key={id}>
                      <span>{message}</span>
                      {reason && <span>{reason}</span>}
                      <span className={styles.by}>
                        <time dateTime={at}>{exact.format(new Date(at))}</time> · {actor.label}
                        {ip && ` · ${ip}`}
                      </span>
                    </li>
                  ))}
              </ol>
            </Section>
          </>
        );
      }}
    </Answer>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Place({ ip, agent }: { ip: string | null | undefined; agent: string | null | undefined }) {
  if (!ip && !agent) return <>Unknown</>;
  return (
    <>
      {ip ?? 'Unknown address'}
      {agent && (
        <span className={styles.agent} title={agent}>
          {describeUserAgent(agent)}
        </span>
      )}
    </>
  );
}
