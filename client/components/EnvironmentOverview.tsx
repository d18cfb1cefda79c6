import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { CopyText } from '../ui/Copy.tsx';
import { Section } from '../ui/Section.tsx';
import styles from './EnvironmentOverview.module.css';
import { LiveCounts } from './LiveCounts.tsx';
import { NoSessions } from './NoSessions.tsx';
import { SessionsTable } from './SessionsTable.tsx';

const EnvironmentOverview_Environment = graphql(`
  fragment EnvironmentOverview_Environment on Environment {
    id
    name
    kind
    project { id publicAccess }
    primaryKey(type: PUBLISHABLE) { id publishableValue }
    sessionCounts { id ...LiveCounts_SessionCounts }
    authSessions(first: 5) {
      edges { node { id ...SessionsTable_AuthSession } }
    }
  }
`);

/** What happens in an environment now, and how to make something happen. */
export function EnvironmentOverview({
  projectId,
  ...props
}: {
  environment: FragmentType<typeof EnvironmentOverview_Environment>;
  projectId: string;
}) {
  const environment = readFragment(EnvironmentOverview_Environment, props.environment);
  const { id, kind, project, primaryKey, sessionCounts, authSessions } = environment;
  const key = primaryKey?.publishableValue ?? null;
  const mayStart = kind !== 'PRODUCTION' || project.publicAccess;
  const sessions = authSessions.edges.map(({ node }) => node);
  return (
    <div className={styles.sections}>
      <LiveCounts counts={sessionCounts} environmentId={id} projectId={projectId} />
      <Section title="Latest sessions">
        <SessionsTable
          sessions={sessions}
          hrefOf={(session) => paths.logs(projectId, { environment: id, session })}
          empty={
            <NoSessions
              projectId={projectId}
              environmentId={id}
              publishableKey={key}
              mayStart={mayStart}
            />
          }
        />
      </Section>
      <Section title="What your app needs">
        <dl className={styles.facts}>
          <div>
            <dt>Server</dt>
            <dd>
              <CopyText value={location.origin} label="address of the server" />
            </dd>
          </div>
          <div>
            <dt>Project id</dt>
            <dd>
              <CopyText value={projectId} label="project id" />
            </dd>
          </div>
          <div>
            <dt>Environment id</dt>
            <dd>
              <CopyText value={id} label="environment id" />
            </dd>
          </div>
          <div>
            <dt>Publishable key</dt>
            <dd>{key ? <CopyText value={key} label="publishable key" /> : 'None active'}</dd>
          </div>
          <div>
            <dt>Keys to check proofs with</dt>
            <dd>
              <CopyText
                value={`${location.origin}/.well-known/jwks.json`}
                label="address of the JWKS"
              />
            </dd>
          </div>
        </dl>
      </Section>
    </div>
  );
}
