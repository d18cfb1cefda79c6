/** What a key check and a session cost, beside a bare GraphQL server and bare inserts. */
import { availableParallelism } from 'node:os';
import { readCpuTime } from './cpu.ts';
import type { GraphQLRequest, HttpLoad } from './http-load.ts';
import { createProjects, type Project, startLatchkey } from './latchkey.ts';
import type { Measured } from './measured.ts';
import type { Options } from './options.ts';
import type { PlainInserts } from './plain-inserts.ts';
import { startWorker } from './processes.ts';
import { showProgress } from './progress.ts';
import {
  type Measurement,
  quietest,
  reportAims,
  reportOthers,
  reportRates,
} from './sessions-report.ts';
import { countRows, reportRows } from './sessions-rows.ts';

const spreadOver = 100;
const metadata = { order: 'A-1042' };
const warmUpSeconds = 1.5;

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

  type Load = Pick<HttpLoad, 'connections' | 'seconds'>;
  const query = { field: '__typename', expected: 'Query' };
  const start = { field: 'startSession', expected: 'StartSessionPayload' };
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
  type Name = keyof typeof cases;
  const names = Object.keys(cases) as Name[];
  const acknowledged = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const measurements: Measurement[] = [];

  async function measure(name: Name, load: Load): Promise<Measurement> {
    const { run, processes } = cases[name];
    const before = await readCpuTime();
    const startedAt = performance.now();
    const measured = await run(load);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await readCpuTime();
    acknowledged[name] += measured.acknowledged;
    const measurement = { ...measured, name, connections: load.connections, cpuUs: {} };
    if (!before || !after) return measurement;
    const cpuUs: Measurement['cpuUs'] = {};
    let others = after.everybody - before.everybody;
    for (const [role, pid] of Object.entries(processes) as [keyof typeof cpuUs, number][]) {
      const which = role === 'database' ? 'below' : 'of';
      const ours = after[which](pid) - before[which](pid);
      cpuUs[role] = (ours / measured.acknowledged) * 1e6;
      others -= ours;
    }
    return { ...measurement, cpuUs, otherProcessors: others / seconds };
  }

  // With every connection there will be, because plain pg opens them here.
  const warmUp = { connections: Math.max(...options.connections), seconds: warmUpSeconds };
  for (const name of names) await measure(name, warmUp);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const connections of options.connections) {
      showProgress(`round ${round + 1} of ${options.rounds}, ${connections} connections`);
      // There and back, so that a machine which grows slower or faster favours none.
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        measurements.push(await measure(name, { connections, seconds: options.seconds }));
      }
    }
  }
  showProgress('');

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
    reportRates(counted),
    ...reportOthers(counted),
    reportAims(counted),
    reportRows(rows),
    ...(said.length > 0 ? [`The server warned:\n${said.slice(0, 10).join('\n')}`] : []),
  ].join('\n\n');
}
