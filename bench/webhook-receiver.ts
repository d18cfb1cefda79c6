/** A process that takes webhooks as fast as it can, and tells when they came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerTasks } from './processes.ts';

export interface Received {
  port: number;
  /** Since the last task. */
  messages: number;
  /** Different ids among them. */
  events: number;
  /** When the last one came, by Date.now(). */
  lastAt: number;
  /** From the instant of the event, which the database tells before its commit, to the receiver. */
  latenciesMs: number[];
}

let messages = 0;
let lastAt = 0;
let ids = new Set<string>();
let latenciesMs: number[] = [];

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1').on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    response.writeHead(204).end();
    lastAt = Date.now();
    messages += 1;
    ids.add(String(request.headers['webhook-id']));
    const timestamp = /"timestamp":"([^"]+)"/.exec(body)?.[1] ?? '';
    latenciesMs.push(lastAt - Date.parse(timestamp));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

answerTasks(async ({ reset }: { reset: boolean }): Promise<Received> => {
  const { port } = server.address() as AddressInfo;
  const received = { port, messages, events: ids.size, lastAt, latenciesMs };
  if (reset) {
    messages = 0;
    ids = new Set();
    latenciesMs = [];
  }
  return received;
});
