import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { GraphQLOptions, Reply, TestServer } from './server.ts';

/** One export, whole. */
export function askExport(
  server: TestServer,
  what: 'logs' | 'sessions',
  body: unknown,
  { headers, cookie }: GraphQLOptions = {},
): Promise<Reply> {
  return server.send(`/export/${what}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(cookie !== undefined && { cookie: `latchkey=${cookie}` }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** One export whose reply is not read until `text` is called. */
export async function beginExport(
  server: TestServer,
  body: object,
  headers: Record<string, string>,
): Promise<{ sent: ClientRequest; text(): Promise<string> }> {
  const sent = request(`${server.url}/export/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
    sent.end(JSON.stringify(body));
  });
  return {
    sent,
    text: async () => {
      let text = '';
      reply.setEncoding('utf8');
      for await (const chunk of reply) text += chunk;
      return text;
    },
  };
}

/** The cells of a CSV file, by RFC 4180. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error('This is no CSV.');
    const [, quoted, plain, end] = found;
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
