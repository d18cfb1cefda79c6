import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Notice } from '../ui/Notice.tsx';
import { Section } from '../ui/Section.tsx';
import { CardSkeleton } from '../ui/Skeleton.tsx';
import { LiveCounts } from './LiveCounts.tsx';
import styles from './TryIt.module.css';
import { type ExchangedTrial, type StartedTrial, TryItLogin } from './TryItLogin.tsx';
import { TryItPhone } from './TryItPhone.tsx';
import { TryItProof } from './TryItProof.tsx';
import { TryItTimeline } from './TryItTimeline.tsx';

// What stands further down comes after what is pressed first.
const TryItOperations = lazy(() => import('./TryItOperations.tsx'));
const TryItKey = lazy(() => import('./TryItKey.tsx'));

const TryIt_Environment = graphql(`
  fragment TryIt_Environment on Environment {
    id
    name
    testConfirmations
    viewerCanManageKeys
    primaryKey(type: PUBLISHABLE) { id publishableValue }
    sessionCounts { id ...LiveCounts_SessionCounts }
  }
`);

/** A sign-in from both sides, and what it leaves behind. What was started is kept in memory only. */
export function TryIt({
  project,
  ...props
}: {
  project: { id: string; name: string };
  environment: FragmentType<typeof TryIt_Environment>;
}) {
  const environment = readFragment(TryIt_Environment, props.environment);
  const [started, setStarted] = useState<StartedTrial | null>(null);
  const [exchanged, setExchanged] = useState<ExchangedTrial | null>(null);
  const sessionId = started?.session.sessionId;
  return (
    <div className={styles.sections}>
      {!environment.testConfirmations && (
        <Notice tone="caution">
          Test confirmations are off in {environment.name}, so the phone cannot confirm. Switch them
          on in the <Link href={paths.settings(project.id)}>settings</Link>, or use another
          environment.
        </Notice>
      )}
      <div className={styles.split}>
        <Section title="The device that waits">
          <TryItLogin
            projectName={project.name}
            environmentId={environment.id}
            started={started}
            exchanged={exchanged}
            onStarted={(made) => {
              setStarted(made);
              setExchanged(null);
            }}
            onExchanged={setExchanged}
          />
        </Section>
        <Section title="The phone that confirms">
          <TryItPhone linkToken={started?.linkToken ?? null} />
        </Section>
      </div>
      <LiveCounts
        counts={environment.sessionCounts}
        projectId={project.id}
        environmentId={environment.id}
      />
      {sessionId && (
        <Section title="The session’s timeline" description={<code>{sessionId}</code>}>
          <TryItTimeline
            key={sessionId}
            projectId={project.id}
            environmentId={environment.id}
            sessionId={sessionId}
          />
        </Section>
      )}
      {exchanged && <TryItProof proof={exchanged.proof} />}
      <Suspense fallback={<CardSkeleton rows={4} />}>
        <TryItOperations
          facts={{
            origin: location.origin,
            environmentId: environment.id,
            publishableKey: environment.primaryKey?.publishableValue ?? null,
            session: started,
            subject: exchanged && { id: exchanged.subject.id, name: exchanged.subject.name },
          }}
        />
        {environment.viewerCanManageKeys && <TryItKey environmentId={environment.id} />}
      </Suspense>
    </div>
  );
}
