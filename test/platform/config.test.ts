import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Config,
  ConfigError,
  type EnvironmentVariables,
  loadConfig,
  publicUrlAt,
} from '../../server/platform/config.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const database = 'postgresql://someone:hunter2@db.example.com/latchkey';

function problemsOf(env: EnvironmentVariables): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('without any setting, the server is reachable on loopback alone, with its own database', () => {
  const config: Config = {
    http: {
      host: '127.0.0.1',
      port: 4000,
      publicUrl: 'http://localhost:4000',
      trustedProxies: [],
    },
    database: { url: null, listenUrl: null, poolMax: 16 },
    dataDir: resolve('.latchkey'),
    masterKeys: null,
    signUp: 'OPEN',
    introspection: 'OPEN',
    webhooks: { allowPrivate: true },
    metrics: null,
    publicStarts: { perAddress: 30, perProject: 600, pendingMax: 10_000 },
    openConnections: { keylessPerAddress: 20, publishablePerAddress: 300 },
    log: { level: 'info' },
  };
  expect(loadConfig({})).toEqual(config);
});

test('as many devices may watch at one address as sessions may be started there', () => {
  const raised = loadConfig({ PUBLIC_STARTS_PER_ADDRESS: '50' });
  expect(raised.openConnections.publishablePerAddress).toBe(500);
  const said = { PUBLIC_STARTS_PER_ADDRESS: '50', PUBLISHABLE_CONNECTIONS_PER_ADDRESS: '70' };
  expect(loadConfig(said).openConnections.publishablePerAddress).toBe(70);
});

test('an empty setting counts as unset', () => {
  const names = ['PORT', 'HOST', 'PUBLIC_URL', 'DATABASE_URL', 'DATA_DIR', 'MASTER_KEY', 'SIGN_UP'];
  expect(loadConfig(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(loadConfig({}));
});

test('settings cannot be changed after they are read', () => {
  const config = loadConfig({ TRUSTED_PROXIES: 'loopback', MASTER_KEY: `a:${key}` });
  for (const part of [config, ...Object.values(config)]) expect(part).toSatisfy(Object.isFrozen);
  expect(config.http.trustedProxies).toSatisfy(Object.isFrozen);
});

test('every problem is reported at once, in a sentence that quotes no secret', () => {
  const problems = problemsOf({
    PORT: '70000',
    HOST: '0.0.0.0',
    DATABASE_URL: 'mysql://someone:hunter2@localhost/latchkey',
    DATABASE_POOL_MAX: '0',
    MASTER_KEY: `a:${key},b:c2hvcnQ=`,
    SIGN_UP: 'maybe',
    PUBLIC_STARTS_PER_ADDRESS: '0',
    LOG_LEVEL: 'loud',
    TRUSTED_PROXIES: '10.0.0.0/8, everybody',
  });
  expect(problems).toMatchInlineSnapshot(`
    [
      "PORT must be a whole number from 0 to 65535.",
      "PUBLIC_URL is required, because HOST is not a loopback address.",
      "DATABASE_URL must look like postgresql://user:password@host:5432/database.",
      "MASTER_KEY must hold keys of exactly 32 bytes; entry 2 has 5.",
      "SIGN_UP must be one of open, first, closed.",
      "PUBLIC_STARTS_PER_ADDRESS must be a whole number from 1 to 1000000.",
      "TRUSTED_PROXIES must list addresses, CIDRs, loopback, linklocal or uniquelocal; "everybody" is none.",
      "DATABASE_POOL_MAX must be a whole number from 1 to 1000.",
      "LOG_LEVEL must be one of trace, debug, info, warn, error, silent.",
    ]
  `);
  expect(problems.join()).not.toMatch(/hunter2|c2hvcnQ/);
});

test.each([
  ['not an origin', 'auth.example.com'],
  ['with a path', 'https://auth.example.com/latchkey'],
  ['with a password', 'https://me:hunter2@auth.example.com'],
  ['http beyond loopback', 'http://auth.example.com'],
  ['another scheme', 'ftp://localhost'],
])('PUBLIC_URL is refused: %s', (_what, url) => {
  expect(problemsOf({ PUBLIC_URL: url })).toHaveLength(1);
});

test.each(['http://localhost:4000', 'http://127.0.0.7', 'http://[::1]:80', 'https://a.example'])(
  'PUBLIC_URL is accepted: %s',
  (url) => {
    expect(loadConfig({ PUBLIC_URL: url }).http.publicUrl).toBe(new URL(url).origin);
  },
);

test('a server that others can reach must be told its public URL', () => {
  expect(problemsOf({ HOST: '0.0.0.0' })).toEqual([
    'PUBLIC_URL is required, because HOST is not a loopback address.',
  ]);
});

test('the public URL waits for the port when any free one will do', () => {
  const config = loadConfig({ PORT: '0' });
  expect(config.http.publicUrl).toBeNull();
  expect(publicUrlAt(config, 5123)).toBe('http://localhost:5123');
  expect(publicUrlAt(loadConfig({ PORT: '0', HOST: '::1' }), 5123)).toBe('http://[::1]:5123');
});

test('sign-up is open on loopback, and for the first user elsewhere, unless SIGN_UP says so', () => {
  const elsewhere = { PUBLIC_URL: 'https://auth.example.com' };
  expect(loadConfig({ PORT: '0' }).signUp).toBe('OPEN');
  expect(loadConfig(elsewhere).signUp).toBe('FIRST');
  const anywhere = { HOST: '0.0.0.0', PUBLIC_URL: 'http://localhost:4000' };
  expect(loadConfig(anywhere).signUp).toBe('FIRST');
  expect(loadConfig({ ...anywhere, HOST: '::1' }).signUp).toBe('OPEN');
  expect(loadConfig({ ...elsewhere, SIGN_UP: 'open' }).signUp).toBe('OPEN');
  expect(loadConfig({ SIGN_UP: 'closed' }).signUp).toBe('CLOSED');
});

test('webhooks may go to private addresses while the public URL is on loopback, or as one says', () => {
  const elsewhere = { PUBLIC_URL: 'https://auth.example.com' };
  const allowed = (env: EnvironmentVariables) => loadConfig(env).webhooks.allowPrivate;
  expect(allowed({ PORT: '0' })).toBe(true);
  expect(allowed({ PUBLIC_URL: 'http://127.0.0.1:4000' })).toBe(true);
  expect(allowed(elsewhere)).toBe(false);
  expect(allowed({ ...elsewhere, ALLOW_PRIVATE_WEBHOOKS: 'true' })).toBe(true);
  expect(allowed({ ALLOW_PRIVATE_WEBHOOKS: 'false' })).toBe(false);
  expect(problemsOf({ ALLOW_PRIVATE_WEBHOOKS: 'yes' })).toEqual([
    'ALLOW_PRIVATE_WEBHOOKS must be one of true, false.',
  ]);
});

test('figures are shown nowhere, unless a port of their own or a token says so', () => {
  const token = 'scrape.me-0123456789';
  expect(loadConfig({ METRICS_TOKEN: token }).metrics).toEqual({ own: null, token });
  expect(loadConfig({ METRICS_PORT: '9100' }).metrics).toEqual({
    own: { host: '127.0.0.1', port: 9100 },
    token: null,
  });
  expect(
    loadConfig({ METRICS_PORT: '0', METRICS_HOST: '0.0.0.0', METRICS_TOKEN: token }).metrics,
  ).toEqual({ own: { host: '0.0.0.0', port: 0 }, token });
  expect(problemsOf({ METRICS_PORT: '9100', METRICS_HOST: '0.0.0.0' })).toEqual([
    'METRICS_TOKEN is required, because METRICS_HOST is not a loopback address.',
  ]);
  expect(problemsOf({ METRICS_HOST: '127.0.0.1' })).toEqual([
    'METRICS_HOST goes with METRICS_PORT: it is where that port is.',
  ]);
  for (const value of ['0123456789abcde', 'with a space 0123', 'ünïcödé-0123456789']) {
    expect(problemsOf({ METRICS_TOKEN: value })).toEqual([
      expect.stringMatching(/^METRICS_TOKEN must have 16 to 256 /),
    ]);
  }
});

test('a database of one’s own needs a master key that does not lie beside the server', () => {
  expect(problemsOf({ DATABASE_URL: database })).toEqual([
    expect.stringContaining('MASTER_KEY is required'),
  ]);
  const config = loadConfig({ DATABASE_URL: database, MASTER_KEY: `new:${key}, old-1:${key}` });
  expect(config.database.url).toBe(database);
  expect(config.masterKeys?.map(({ id, bytes }) => [id, bytes.length])).toEqual([
    ['new', 32],
    ['old-1', 32],
  ]);
});

test.each([key, `A:${key}`, `a:${key},a:${key}`, `a:${key},`, 'a:c2hvcnQ=', 'a:!'])(
  'MASTER_KEY is refused: case %#',
  (list) => {
    expect(problemsOf({ MASTER_KEY: list })).toHaveLength(1);
  },
);

test('.env.example lists each setting that the server reads, and loads as it stands', () => {
  const listed = Object.fromEntries(
    [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(
      ([, name = '', value]) => [name, value],
    ),
  );
  const read = new Set<string>();
  const env = new Proxy(listed, {
    get(target, name: string) {
      read.add(name);
      return target[name];
    },
  });
  expect(loadConfig(env)).toEqual(loadConfig({}));
  expect([...read].sort()).toEqual(Object.keys(listed).sort());
  // Whoever copies it and sets only HOST or PUBLIC_URL opens sign-up to nobody by that.
  const elsewhere = { HOST: '0.0.0.0', PUBLIC_URL: 'https://auth.example.com' };
  expect(loadConfig({ ...listed, ...elsewhere }).signUp).toBe('FIRST');
});
