/** The server as people run it: `dist/serve.js`, in a process of its own that ends with the file. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, inject, vi } from 'vitest';
import { removeDataDirs } from './data-dir.ts';
import type { GraphQLOptions } from './server.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Without a slash at its end. */
  readonly url: string;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** What it logged so far: one object for each line. */
  log(): Record<string, unknown>[];
  kill(signal: NodeJS.Signals): void;
  /** The data of one operation. Fails if the connection does, or if there are errors. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  graphql(query: string, variables?: object, options?: GraphQLOptions): Promise<any>;
}

export type Settings = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const running = new Set<{ child: ChildProcess; ended: Promise<Ended> }>();

afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
  await removeDataDirs();
});

/** Waits for something that other processes do. */
export function until(condition: () => boolean | Promise<boolean>, timeout = 15_000) {
  return vi.waitUntil(condition, { timeout, interval: 10 });
}

/** Starts a server on a free port and waits until it is ready. `cwd` is our root unless given. @throws {Error} with all it said */
export async function startServer(settings: Settings, cwd?: string): Promise<ServerProcess> {
  const server = await spawnServer(settings, cwd);
  const isReady = () => server.log().find(({ msg }) => msg === 'Latchkey is ready');
  await Promise.race([until(() => isReady() !== undefined, 60_000), server.ended]);
  const port = Number(isReady()?.port);
  if (!port) throw new Error(`It did not start:\n${server.stdout()}${server.stderr()}`);
  const url = `http://127.0.0.1:${port}`;
  return Object.assign(server, { port, url, graphql: createGraphQL(url) });
}

/** What comes of a server that cannot start. */
export async function failToStart(settings: Settings) {
  const { ended, stdout, stderr } = await spawnServer(settings);
  return { ...(await ended), stdout: stdout(), stderr: stderr() };
}

/** Runs a command of `server/main` to its end, as npm does once it has built it. */
export async function runCommand(name: string, settings: Settings, ...args: string[]) {
  const { ended, stdout, stderr } = await spawnCommand(name, settings, ...args);
  const { code } = await ended;
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Starts a command and does not wait for it. */
export function spawnCommand(name: string, settings: Settings, ...args: string[]) {
  return spawnScript(`dist/${name}.js`, settings, args, root);
}

/** Starts a server and does not wait for it. */
export async function spawnServer(settings: Settings, cwd = root) {
  const server = await spawnScript('dist/serve.js', settings, [], cwd);
  const log = () => [...server.stdout().matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
  return Object.assign(server, { log });
}

async function spawnScript(script: string, settings: Settings, args: string[], cwd: string) {
  await ensureBuilt();
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...ownSettings, ...settings },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const entry = { child, ended };
  running.add(entry);
  void ended.then(() => running.delete(entry));
  return {
    pid: child.pid!,
    ended,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
  };
}

/** Empty rather than absent: an `.env` file in the working directory fills in what is absent. */
const ownSettings = {
  PATH: process.env.PATH,
  PORT: '0',
  ...Object.fromEntries(
    [
      'HOST',
      'PUBLIC_URL',
      'DATABASE_URL',
      'DATABASE_LISTEN_URL',
      'DATABASE_POOL_MAX',
      'DATA_DIR',
      'MASTER_KEY',
      'SIGN_UP',
      'INTROSPECTION',
      'ALLOW_PRIVATE_WEBHOOKS',
      'LOG_LEVEL',
      'METRICS_PORT',
      'METRICS_HOST',
      'METRICS_TOKEN',
      'TRUSTED_PROXIES',
    ].map((name) => [name, '']),
  ),
};

function createGraphQL(url: string): ServerProcess['graphql'] {
  return async (query, variables = {}, { headers = {}, cookie } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(cookie === undefined ? {} : { cookie: `latchkey=${cookie}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text);
    if (response.status === 200 && !errors) return data;
    throw new Error(`GraphQL failed: HTTP ${response.status}\n${query}\n${text}`);
  };
}

let built: Promise<void> | undefined;

/** `npm test` has built it. A test file that is run alone may find it missing, or older than its sources. */
function ensureBuilt(): Promise<void> {
  built ??= (async () => {
    // Test files run at the same time, and one must not start what another is writing.
    const lock = new pg.Client(inject('databaseServers').embedded.url);
    await lock.connect();
    try {
      await lock.query('SELECT pg_advisory_lock(1)');
      if (!isStale()) return;
      const { status, stderr } = spawnSync(process.execPath, ['server/build.mjs'], { cwd: root });
      if (status !== 0) throw new Error(`The build failed: ${stderr}`);
    } finally {
      await lock.end();
    }
  })();
  return built;
}

function isStale(): boolean {
  const bundle = join(root, 'dist/serve.js');
  if (!existsSync(bundle)) return true;
  const sources = ['server', 'schema', 'prisma'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(root, folder, String(name)))
      .filter((path) => /\.(ts|mjs|prisma)$/.test(path)),
  );
  const builtAt = statSync(bundle).mtimeMs;
  return sources.some((path) => statSync(path).mtimeMs > builtAt);
}
