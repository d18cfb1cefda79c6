/**
 * `npm run bench -- memory [--requests N]`: what memory the server holds after a warm-up, after 10,000
 * requests and after a million, of a mix of cheap queries, reads and starts.
 */
import { availableParallelism } from 'node:os';
import { bytesOf, type GraphQLRequest, HttpConnection } from './http-connection.ts';
import type { HttpLoad } from './http-load.ts';
import { createProjects, startLatchkey } from './latchkey.ts';
import type { Measured } from './measured.ts';
import { askMemory, type Memory, probeArgs } from './memory.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import { showProgress } from './progress.ts';
import { formatTable } from './table.ts';

const warmUpSeconds = 2;
const early = 10_000;
const connections = 64;
/** More than Yoga keeps, so that keeping them all would show. */
const documents = 3_000;
const keys = 50;
const growthMax = 1.2;

export async function memory({ requests: late }: Options): Promise<string> {
  const latchkey = await startLatchkey({ nodeArgs: probeArgs });
  const projects = await createProjects(latchkey, keys);
  const { port, program } = latchkey;
  const http = startWorker<HttpLoad, Measured>('http-load.ts');
  const load = {
    port,
    requests: await mix(port, projects),
    field: 'it',
    expected: ['Query', 'WatchedSession', 'StartSessionPayload'],
    connections,
  };
  const taken: { requests: number; seconds: number; memory: Memory }[] = [];
  await http.ask({ ...load, seconds: warmUpSeconds });
  let requests = 0;
  const beganAt = performance.now();
  for (const until of [0, early, late]) {
    while (requests < until) {
      showProgress(`${requests.toLocaleString('en')} requests of ${late.toLocaleString('en')}`);
      const seconds = until === early ? 0.3 : 5;
      requests += (await http.ask({ ...load, seconds })).acknowledged;
    }
    const seconds = (performance.now() - beganAt) / 1000;
    taken.push({ requests, seconds, memory: await askMemory(program) });
  }
  showProgress('');
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const [, before, after] = taken;
  const grown = (kind: keyof Memory) => after!.memory[kind] / before!.memory[kind];
  const verdict = (kind: keyof Memory) =>
    `at most ${growthMax}: ${grown(kind) <= growthMax ? 'met' : 'missed'}`;
  return [
    `memory: after garbage collections; in 10 requests 7 { __typename } of ${documents.toLocaleString('en')} documents with ${keys} keys, 2 sessions by client secret, 1 start; ${connections} connections, ${availableParallelism()} processors, Node ${process.versions.node}`,
    formatTable([
      ['requests after warming up', 'after s', 'heap MB', 'RSS MB'],
      ...taken.map(({ requests, seconds, memory }) => [
        requests.toLocaleString('en'),
        seconds.toFixed(0),
        megabytes(memory.heap),
        megabytes(memory.resident),
      ]),
    ]),
    formatTable([
      ['', '', 'aim'],
      ['heap, last / 10,000', grown('heap').toFixed(2), verdict('heap')],
      ['RSS, last / 10,000', grown('resident').toFixed(2), verdict('resident')],
    ]),
  ].join('\n\n');
}

/** Most of them cheap, so that a million take minutes. */
async function mix(port: number, projects: { secret: string }[]): Promise<GraphQLRequest[]> {
  const start = `mutation { it: startSession(input: {}) {
    __typename ... on StartSessionPayload { clientSecret confirmUrl session { sessionId } } } }`;
  const watched = `query ($clientSecret: String!) {
    it: watchedSession(clientSecret: $clientSecret) { __typename status expiresAt } }`;
  const connection = await HttpConnection.open(port);
  const requests: GraphQLRequest[] = [];
  for (let n = 0; n < documents / 7; n += 1) {
    const key = projects[n % projects.length]!.secret;
    const text = await connection.answerTo(bytesOf({ query: start, key }, port));
    const { clientSecret } = JSON.parse(text).data.it;
    const reading = { query: watched, variables: { clientSecret } };
    for (let m = 0; m < 7; m += 1) {
      requests.push({ query: `query Number${n}x${m} { it: __typename }`, key });
    }
    requests.push(reading, reading, { query: start, key });
  }
  connection.close();
  return requests;
}
