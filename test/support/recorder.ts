import type { GraphQLOptions } from './server.ts';
import type { RecordedReply } from './vault.ts';

/** Sends requests to a server and keeps every reply. */
export interface Recorder {
  readonly replies: readonly RecordedReply[];
  /** One request, as it is. */
  send(path: string, init?: RequestInit): Promise<RecordedReply>;
  /** One operation by POST, whatever comes of it. */
  post(query: string, variables?: object, by?: GraphQLOptions): Promise<RecordedReply>;
}

export function createRecorder(url: string): Recorder {
  const replies: RecordedReply[] = [];

  async function send(path: string, init: RequestInit = {}): Promise<RecordedReply> {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init });
    const { status } = response;
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    const headers = [...response.headers].map((header) => header.join(': ')).join('\n');
    const what = `${init.method ?? 'GET'} ${path} ${JSON.stringify(init.headers)} ${init.body}`;
    const reply = { what, status, headers, text, json: isJson ? JSON.parse(text) : null };
    replies.push(reply);
    return reply;
  }

  return {
    replies,
    send,
    post(query, variables = {}, { headers, cookie } = {}) {
      return send('/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(cookie === undefined ? {} : { cookie: `latchkey=${cookie}` }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
    },
  };
}
