import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import { afterAll } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import type { ToolsOptions } from '../../server/domain/tools.ts';
import { createHttpServer, type HttpServer } from '../../server/http/server.ts';
import type { SocketTimes } from '../../server/http/websocket.ts';
import { closeDb, type Db } from '../../server/platform/db.ts';
import { createLogger } from '../../server/platform/log.ts';
import { createTestTools } from './call.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export interface TestServerOptions {
  /** The real one unless given. */
  schema?: GraphQLSchema;
  /** A new one, dropped after the file, unless given. */
  database?: TestDatabase;
  /** Where the server really is unless given. */
  publicUrl?: string;
  trustedProxies?: readonly string[];
  isReady?: () => Promise<boolean> | boolean;
  /** Where the built dashboard is. None unless given. */
  clientFolder?: string | null;
  tools?: Partial<ToolsOptions>;
  openIntrospection?: boolean;
  socketTimes?: Partial<SocketTimes>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The body where it is JSON; null otherwise. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  json: any;
}

export interface GraphQLOptions {
  headers?: Record<string, string>;
  /** What the browser's sign-in cookie holds. */
  cookie?: string;
  operationName?: string;
}

export interface TestServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly tools: Tools;
  readonly db: Db;
  readonly http: HttpServer;
  /** What the server logged so far: one object for each line. */
  readonly log: Record<string, unknown>[];
  /** Those of them that say more than that a request failed: what is ours, or the database's. */
  faults(): Record<string, unknown>[];
  /** One request, as it is. */
  send(path: string, init?: RequestInit): Promise<Reply>;
  /** One operation by POST, whatever comes of it. */
  post(query: string, variables?: object, options?: GraphQLOptions): Promise<Reply>;
  /** The data of one operation. Fails with operation, reply and request id if there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  graphql(query: string, variables?: object, options?: GraphQLOptions): Promise<any>;
  /** Called after the file by itself. */
  close(): Promise<void>;
}

/** A whole server with real sockets on a database of its own, closed after the test file. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await createTestDatabase());
  const tools = createTestTools(database.url, options.tools);
  await tools.events.start();
  const log: Record<string, unknown>[] = [];
  const faults = () => log.filter(({ level }) => level !== 'info');
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const http = createHttpServer(tools, {
    ...(options.schema ? { schema: options.schema, printedSchema: '' } : await wholeSchema()),
    log: createLogger({ level: 'info', destination }),
    trustedProxies: options.trustedProxies ?? [],
    openIntrospection: options.openIntrospection ?? true,
    clientFolder: options.clientFolder ?? null,
    socketTimes: options.socketTimes,
    isReady: options.isReady ?? (async () => (await tools.db.$pool.query('SELECT')) !== null),
  });
  await new Promise<void>((resolve) => http.server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
  tools.publicUrl = options.publicUrl ?? url;
  const cookieName = tools.publicUrl.startsWith('https:') ? '__Host-latchkey' : 'latchkey';

  async function send(path: string, init?: RequestInit): Promise<Reply> {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init });
    const { status, headers } = response;
    const text = await response.text();
    const isJson = /json\b/.test(headers.get('content-type') ?? '') && text !== '';
    return { status, headers, text, json: isJson ? JSON.parse(text) : null };
  }

  function post(query: string, variables: object = {}, options: GraphQLOptions = {}) {
    const headers = new Headers({ 'content-type': 'application/json', ...options.headers });
    if (options.cookie !== undefined) headers.set('cookie', `${cookieName}=${options.cookie}`);
    return send('/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables, operationName: options.operationName }),
    });
  }

  async function graphql(query: string, variables: object = {}, options: GraphQLOptions = {}) {
    const { status, headers, text, json } = await post(query, variables, options);
    if (status === 200 && json && !json.errors) return json.data;
    const requestId = headers.get('x-request-id');
    const operation = `${query}\n${JSON.stringify(variables)}`;
    throw new Error(`GraphQL failed: HTTP ${status}, request ${requestId}\n${operation}\n${text}`);
  }

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= http
      .drain(1_000)
      .then(() => tools.events.stop())
      .then(() => closeDb(tools.db));
    return closing;
  }
  afterAll(close);
  return { url, tools, db: tools.db, http, log, faults, send, post, graphql, close };
}

/** Loaded only where it is used, so that tests of HTTP alone do not need it. */
async function wholeSchema() {
  const { schema, printedSchema } = await import('../../schema/index.ts');
  return { schema, printedSchema };
}
