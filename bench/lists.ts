/**
 * `npm run bench -- lists`: what people and servers read most, under load, beside a bare GraphQL server.
 * (How long one reader waits, and that it takes no longer with a million sessions: see `data`.)
 */
import { availableParallelism } from 'node:os';
import { type Case, listQuery, projectList, sessionById } from './data-cases.ts';
import { createDataset, type Look } from './data-set.ts';
import type { HttpLoad } from './http-load.ts';
import { type Load, measureCases } from './load-cases.ts';
import { type Aim, quietest, ratio, reportAims, reportOthers, reportRates } from './load-report.ts';
import type { Measured } from './measured.ts';
import type { Options } from './options.ts';
import { makeDirectory, startWorker } from './processes.ts';

const sessions = 10_000;
const warmUpSeconds = 1.5;

const labels = {
  floor: 'plain Yoga { __typename }',
  session: 'session by id',
  logs: 'log page of an environment, 20 entries',
  projects: 'project list with counters, 4 projects',
} as const;

const aims: readonly Aim<keyof typeof labels>[] = [
  {
    name: 'session by id / plain Yoga',
    of: ({ session, floor }) => session / floor,
    format: ratio,
  },
  { name: 'log page / plain Yoga', of: ({ logs, floor }) => logs / floor, format: ratio },
  {
    name: 'project list / plain Yoga',
    of: ({ projects, floor }) => projects / floor,
    format: ratio,
  },
];

export async function lists(options: Options): Promise<string> {
  const dataset = await createDataset(await makeDirectory(), sessions);
  const { latchkey, cookie } = dataset;
  const plainYoga = startWorker<object, number>('plain-yoga.ts');
  const http = startWorker<HttpLoad, Measured>('http-load.ts');
  const yogaPort = await plainYoga.ask({});
  const { pid } = latchkey.program;

  const reading = ({ query, variables }: Pick<Case, 'query' | 'variables'>, field: string) => {
    const requests = [{ query, variables: variables(dataset), cookie }];
    return {
      processes: { server: pid, database: pid, client: http.pid },
      run: (load: Load) => http.ask({ port: latchkey.port, requests, field, ...load }),
    };
  };
  const logPage = {
    query: listQuery('environment', 'logs'),
    variables: ({ ids }: Look) => ({ id: ids.environment, filter: {} }),
  };
  const floor = { port: yogaPort, requests: [{ query: '{ __typename }' }] };

  const { measurements } = await measureCases(
    {
      floor: {
        processes: { server: plainYoga.pid, client: http.pid },
        run: (load: Load) => http.ask({ ...floor, field: '__typename', ...load }),
      },
      session: reading(sessionById, 'authSession'),
      logs: reading(logPage, 'scope'),
      projects: reading(projectList, 'projects'),
    },
    options,
    warmUpSeconds,
  );
  const counted = quietest(measurements);
  return [
    `lists: ${options.rounds} rounds of ${options.seconds} s, ${sessions.toLocaleString('en')} sessions, as a signed-in user, ${availableParallelism()} processors, Node ${process.versions.node}; medians of the quietest third`,
    reportRates(labels, counted),
    ...reportOthers(counted),
    reportAims(aims, counted),
  ].join('\n\n');
}
