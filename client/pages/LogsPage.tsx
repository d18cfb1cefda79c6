import { lazy, Suspense } from 'react';
import { Answer, useAnswer } from '../answers.tsx';
import { ActivityPage } from '../components/ActivityPage.tsx';
import { useActivityFilter } from '../components/activity-filter.ts';
import { EnvironmentSwitch } from '../components/EnvironmentSwitch.tsx';
import { ExportMenu } from '../components/ExportMenu.tsx';
import { Refused } from '../components/Failure.tsx';
import { InactiveNotice } from '../components/InactiveNotice.tsx';
import { LogEvents } from '../components/log-events.ts';
import { PageHeader } from '../components/PageHeader.tsx';
import { LogSessions } from '../components/SessionsLog.tsx';
import { graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentVariables } from '../location.ts';
import { TableSkeleton } from '../ui/Skeleton.tsx';

/** Nobody needs it once there are sessions. */
const NoSessions = lazy(async () => {
  const { NoSessions } = await import('../components/NoSessions.tsx');
  return { default: NoSessions };
});

const LogsPage_Environment = graphql(`
  fragment LogsPage_Environment on Environment {
    id
    kind
    primaryKey(type: PUBLISHABLE) { id publishableValue }
    apiKeys(first: 100) { edges { node { id name } } }
  }
`);

const ProjectLogs = graphql(`
  query ProjectLogs($projectId: ID!, $environmentId: ID!, $chosen: Boolean!) {
    project(id: $projectId) {
      id
      publicAccess
      ...InactiveNotice_Project
      ...EnvironmentSwitch_Project
      current: defaultEnvironment @skip(if: $chosen) { id ...LogsPage_Environment }
    }
    environment(id: $environmentId) @include(if: $chosen) { id ...LogsPage_Environment }
  }
`);

export default function LogsPage() {
  const variables = useEnvironmentVariables();
  const answer = useAnswer(ProjectLogs, variables);
  const filter = useActivityFilter();
  const { data } = answer;
  const scopeId = data?.project?.current?.id ?? data?.environment?.id ?? '';
  const { tab, sessions, logs } = filter;
  const list = { scopeId, first: 50 };
  const header = {
    title: 'Logs',
    actions: data?.project && (
      <>
        <ExportMenu
          what={tab === 'events' ? 'logs' : 'sessions'}
          place={{ environmentId: scopeId }}
          filter={tab === 'events' ? logs : sessions}
        />
        <EnvironmentSwitch project={data.project} />
      </>
    ),
  };
  return (
    <>
      {tab === 'events' ? (
        <PageHeader
          {...header}
          operation={{ query: LogEvents, variables: { ...list, filter: logs } }}
        />
      ) : (
        <PageHeader
          {...header}
          operation={{ query: LogSessions, variables: { ...list, filter: sessions } }}
        />
      )}
      <Answer of={answer} loading={<TableSkeleton rows={8} />}>
        {({ project, environment }) => {
          const shown = readFragment(LogsPage_Environment, project?.current ?? environment);
          if (!project || !shown) return <Refused />;
          const { id, kind, primaryKey, apiKeys } = shown;
          return (
            <>
              <InactiveNotice project={project} />
              <ActivityPage
                key={id}
                scopeId={id}
                watched={{ projectId: project.id, environmentId: id }}
                filter={filter}
                keys={apiKeys.edges.map(({ node }) => node)}
                firstUse={
                  <Suspense fallback={<TableSkeleton rows={8} />}>
                    <NoSessions
                      projectId={project.id}
                      environmentId={id}
                      publishableKey={primaryKey?.publishableValue ?? null}
                      mayStart={kind !== 'PRODUCTION' || project.publicAccess}
                    />
                  </Suspense>
                }
              />
            </>
          );
        }}
      </Answer>
    </>
  );
}
