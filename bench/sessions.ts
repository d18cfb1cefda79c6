/** What a key check and a session cost, beside a bare GraphQL server and bare inserts. */
import { availableParallelism } from 'node:os';
import type { GraphQLRequest } from './http-connection.ts';
import type { HttpLoad } from './http-load.ts';
import { createProjects, type Project, startLatchkey } from './latchkey.ts';
import { type Load, measureCases } from './load-cases.ts';
import {
  type Aim,
  percent,
  quietest,
  ratio,
  reportAims,
  reportOthers,
  reportRates,
} from './load-report.ts';
import type { Measured } from './measured.ts';
import type { Options } from './options.ts';
import type { PlainInserts } from './plain-inserts.ts';
import { startWorker } from './processes.ts';
import { countRows, reportRows } from './sessions-rows.ts';

const spreadOver = 100;
const metadata = { order: 'A-1042' };
const warmUpSeconds = 1.5;

const labels = {
  floor: 'plain Yoga { __typename }',
  withoutKey: '{ __typename }, no key',
  withKey: '{ __typename }, secret key',
  hot: 'startSession, one project',
  spread: `startSession, ${spreadOver} projects`,
  plainInserts: 'plain pg, one commit each',
} as const;

const aims: readonly Aim<keyof typeof labels>[] = [
  {
    name: 'key check: cost of a warm secret key',
    of: ({ withKey, withoutKey }) => 1 - withKey / withoutKey,
    format: percent,
    aim: 'at most 5 %',
    isMet: (value) => value <= 0.05,
  },
  {
    name: 'startSession / plain Yoga',
    of: ({ hot, floor }) => hot / floor,
    format: ratio,
    aim: 'at least 0.45',
    isMet: (value) => value >= 0.45,
    underLoadOnly: true,
  },
  {
    name: 'startSession / plain pg',
    of: ({ hot, plainInserts }) => hot / plainInserts,
    format: ratio,
    aim: 'at least 1.0',
    isMet: (value) => value >= 1,
    underLoadOnly: true,
  },
  {
    name: 'one project / a hundred projects',
    of: ({ hot, spread }) => hot / spread,
    format: ratio,
    aim: 'at least 1.0',
    isMet: (value) => value >= 1,
  },
];

const trivial: GraphQLRequest = { query: '{ __typename }' };

/** What an integrator's server asks for. */
export const startSession = (key: string): GraphQLRequest => ({
  query: `mutation Start($input: StartSessionInput!) {
    startSession(input: $input) {
      __typename
      ... on StartSessionPayload { clientSecret confirmUrl userCode session { sessionId expiresAt } }
      ... on UserError { code message }
    }
  }`,
  variables: { input: { metadata } },
  key,
});

export async function sessions(options: Options): Promise<string> {
  const latchkey = await startLatchkey();
  const [plainProject, hotProject, ...spread] = await createProjects(latchkey, 2 + spreadOver);
  if (!plainProject || !hotProject) throw new Error('There are no projects.');
  const plainYoga = startWorker<object, number>('plain-yoga.ts');
  const http = startWorker<HttpLoad, Measured>('http-load.ts');
  const inserts = startWorker<PlainInserts, Measured>('plain-inserts.ts');

  const query = { field: '__typename', expected: ['Query'] };
  const start = { field: 'startSession', expected: ['StartSessionPayload'] };
  const onYoga = { port: await plainYoga.ask({}), requests: [trivial], ...query };
  const { port, databaseUrl } = latchkey;
  const starting = (projects: Project[]) => projects.map(({ secret }) => startSession(secret));
  const ours = { server: latchkey.program.pid, database: latchkey.program.pid, client: http.pid };

  const cases = {
    floor: {
      processes: { server: plainYoga.pid, client: http.pid },
      run: (load: Load) => http.ask({ ...onYoga, ...load }),
    },
    withoutKey: {
      processes: ours,
      run: (load: Load) => http.ask({ port, requests: [trivial], ...query, ...load }),
    },
    withKey: {
      processes: ours,
      run: (load: Load) => {
        const requests = [{ ...trivial, key: hotProject.secret }];
        return http.ask({ port, requests, ...query, ...load });
      },
    },
    hot: {
      processes: ours,
      run: (load: Load) => http.ask({ port, requests: starting([hotProject]), ...start, ...load }),
    },
    spread: {
      processes: ours,
      run: (load: Load) => http.ask({ port, requests: starting(spread), ...start, ...load }),
    },
    plainInserts: {
      processes: { database: latchkey.program.pid, client: inserts.pid },
      run: (load: Load) => inserts.ask({ databaseUrl, project: plainProject, metadata, ...load }),
    },
  };
  const { measurements, acknowledged } = await measureCases(cases, options, warmUpSeconds);

  const rows = await countRows(databaseUrl, [
    { name: 'startSession, one project', acknowledged: acknowledged.hot, of: [hotProject] },
    { name: `startSession, ${spreadOver} projects`, acknowledged: acknowledged.spread, of: spread },
    { name: 'plain pg', acknowledged: acknowledged.plainInserts, of: [plainProject] },
  ]);
  const said = latchkey.program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const counted = quietest(measurements);
  return [
    `sessions: ${options.rounds} rounds of ${options.seconds} s, ${availableParallelism()} processors, Node ${process.versions.node}; medians of the quietest third`,
    reportRates(labels, counted),
    ...reportOthers(counted),
    reportAims(aims, counted),
    reportRows(rows),
    ...(said.length > 0 ? [`The server warned:\n${said.slice(0, 10).join('\n')}`] : []),
  ].join('\n\n');
}
