/**
 * Settings come from the environment, and this file alone knows their names. `.env.example` lists
 * them for people; a test keeps the two in step.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import proxyAddr from 'proxy-addr';
import type { LogLevel } from './log.ts';
import { parseMasterKeys } from './master-key-file.ts';
import type { MasterKeyEntry } from './master-keys.ts';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export type SignUpPolicy = 'OPEN' | 'FIRST' | 'CLOSED';

export interface Config {
  readonly http: {
    /** The address to listen on: an IP address or a host name. */
    readonly host: string;
    /** 0 means any free port. */
    readonly port: number;
    /**
     * The origin under which browsers reach the server, without a slash at its end. Null when
     * only the port that is then found will tell: `publicUrlAt` fills it in.
     */
    readonly publicUrl: string | null;
    /** Who may say for whom a request comes: addresses, CIDRs and names that proxy-addr knows. */
    readonly trustedProxies: readonly string[];
  };
  readonly database: {
    /** Null: the embedded PostgreSQL in `dataDir`. */
    readonly url: string | null;
    /** Where to listen for notifications, which poolers do not hand on. Null: the same. */
    readonly listenUrl: string | null;
    /** Connections at most. */
    readonly poolMax: number;
  };
  /** Absolute. */
  readonly dataDir: string;
  /** The first encrypts and hashes, all verify. Null: the file in `dataDir`, made if missing. */
  readonly masterKeys: readonly MasterKeyEntry[] | null;
  readonly signUp: SignUpPolicy;
  /** Who may ask for the schema: anybody, or whoever has a credential. */
  readonly introspection: 'OPEN' | 'AUTHENTICATED';
  readonly webhooks: {
    /** Whether endpoints may be plain HTTP and private addresses. */
    readonly allowPrivate: boolean;
  };
  /** Where Prometheus may read figures; null: nowhere. */
  readonly metrics: MetricsConfig | null;
  /** How many sessions may be started without a secret key. */
  readonly publicStarts: {
    /** Of one address in a minute. */
    readonly perAddress: number;
    /** Of one project in a minute. */
    readonly perProject: number;
    /** Of one project that are pending. */
    readonly pendingMax: number;
  };
  /** How many connections one address may have open to one process. */
  readonly openConnections: {
    /** Without a credential. */
    readonly keylessPerAddress: number;
    /** With a publishable key. */
    readonly publishablePerAddress: number;
  };
  readonly log: { readonly level: LogLevel };
}

export interface MetricsConfig {
  /** The address of a port for them alone; null: beside the rest. */
  readonly own: { readonly host: string; readonly port: number } | null;
  /** What a request for them must bear; null where they have a port of their own on loopback. */
  readonly token: string | null;
}

/** Every problem at once, each a sentence that names its variable and never quotes a secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings have problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Adds what an `.env` file in the working directory says to what the environment leaves unset. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/**
 * Reads the settings. An empty string counts as unset.
 *
 * @throws {ConfigError} at least one of them is wrong or missing
 */
export function loadConfig(env: EnvironmentVariables): Config {
  const problems: string[] = [];
  const read = (name: string) => env[name]?.trim() || null;

  function choose<T extends string>(name: string, choices: readonly T[]): T | null {
    const value = read(name);
    const choice = choices.find((each) => each === value);
    if (value && !choice) problems.push(`${name} must be one of ${choices.join(', ')}.`);
    return choice ?? null;
  }

  function count(name: string, min: number, max: number, unset: number): number {
    const value = read(name);
    if (value === null) return unset;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    problems.push(`${name} must be a whole number from ${min} to ${max}.`);
    return unset;
  }

  /** `parse` returns a value, or throws an Error whose message is the rest of a sentence. */
  function parse<T>(name: string, parser: (value: string) => T): T | null {
    const value = read(name);
    if (value === null) return null;
    try {
      return parser(value);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}.`);
      return null;
    }
  }

  const host = parse('HOST', parseHost) ?? '127.0.0.1';
  const port = count('PORT', 0, 65_535, 4000);
  const chosenUrl = parse('PUBLIC_URL', parsePublicUrl);
  if (!read('PUBLIC_URL') && !isLoopback(host)) {
    problems.push('PUBLIC_URL is required, because HOST is not a loopback address.');
  }
  const publicUrl = chosenUrl ?? (port === 0 ? null : loopbackUrl(host, port));

  const url = parse('DATABASE_URL', parseDatabaseUrl);
  const listenUrl = parse('DATABASE_LISTEN_URL', parseDatabaseUrl);
  if (listenUrl && !read('DATABASE_URL')) {
    problems.push(
      'DATABASE_LISTEN_URL goes with DATABASE_URL: it is another way to the same database.',
    );
  }
  const masterKeys = parse('MASTER_KEY', parseMasterKeys);
  if (read('DATABASE_URL') && !read('MASTER_KEY')) {
    problems.push(
      'MASTER_KEY is required with DATABASE_URL: it must outlive this machine, as the database does.',
    );
  }

  const allowPrivate = choose('ALLOW_PRIVATE_WEBHOOKS', ['true', 'false']);
  const signUp = choose('SIGN_UP', ['open', 'first', 'closed']);
  const introspection = choose('INTROSPECTION', ['open', 'authenticated']);
  const metricsPort = read('METRICS_PORT') === null ? null : count('METRICS_PORT', 0, 65_535, 0);
  const metricsHost = parse('METRICS_HOST', parseHost) ?? '127.0.0.1';
  const metricsToken = parse('METRICS_TOKEN', parseMetricsToken);
  if (read('METRICS_HOST') && metricsPort === null) {
    problems.push('METRICS_HOST goes with METRICS_PORT: it is where that port is.');
  }
  if (metricsPort !== null && !isLoopback(metricsHost) && !read('METRICS_TOKEN')) {
    problems.push('METRICS_TOKEN is required, because METRICS_HOST is not a loopback address.');
  }
  const metrics =
    metricsPort === null && metricsToken === null
      ? null
      : Object.freeze({
          own:
            metricsPort === null ? null : Object.freeze({ host: metricsHost, port: metricsPort }),
          token: metricsToken,
        });

  // Others can reach what listens elsewhere, whatever it says of itself.
  const onLoopback =
    isLoopback(host) && (publicUrl === null || isLoopback(new URL(publicUrl).hostname));
  const startsPerAddress = count('PUBLIC_STARTS_PER_ADDRESS', 1, 1_000_000, 30);
  const config: Config = {
    http: Object.freeze({
      host,
      port,
      publicUrl,
      trustedProxies: Object.freeze(parse('TRUSTED_PROXIES', parseProxies) ?? []),
    }),
    database: Object.freeze({ url, listenUrl, poolMax: count('DATABASE_POOL_MAX', 1, 1000, 16) }),
    dataDir: resolve(read('DATA_DIR') ?? '.latchkey'),
    masterKeys: masterKeys && Object.freeze(masterKeys),
    signUp: ({ open: 'OPEN', first: 'FIRST', closed: 'CLOSED' } as const)[
      signUp ?? (onLoopback ? 'open' : 'first')
    ],
    introspection: introspection === 'authenticated' ? 'AUTHENTICATED' : 'OPEN',
    webhooks: Object.freeze({
      // For whoever tries it out, with receivers on their own machine.
      allowPrivate: allowPrivate
        ? allowPrivate === 'true'
        : publicUrl === null || isLoopback(new URL(publicUrl).hostname),
    }),
    metrics,
    publicStarts: Object.freeze({
      perAddress: startsPerAddress,
      perProject: count('PUBLIC_STARTS_PER_PROJECT', 1, 1_000_000, 600),
      pendingMax: count('PUBLIC_PENDING_MAX', 1, 1_000_000, 10_000),
    }),
    openConnections: Object.freeze({
      keylessPerAddress: count('KEYLESS_CONNECTIONS_PER_ADDRESS', 1, 1_000_000, 20),
      // One for each session that may be started and is not over: they last ten minutes, if not told
      // otherwise.
      publishablePerAddress: count(
        'PUBLISHABLE_CONNECTIONS_PER_ADDRESS',
        1,
        1_000_000,
        10 * startsPerAddress,
      ),
    }),
    log: Object.freeze({
      level: choose('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent']) ?? 'info',
    }),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** The public URL once the server listens. `port` is the one it was given. */
export function publicUrlAt(config: Config, port: number): string {
  return config.http.publicUrl ?? loopbackUrl(config.http.host, port);
}

/** Whether a host name, as `URL.hostname` has it, can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    hostname === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

/** Browsers keep cookies by name: people type localhost, so that is our name for 127.0.0.1. */
function loopbackUrl(host: string, port: number): string {
  if (host === '127.0.0.1') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseHost(value: string): string {
  const host = value.replace(/^\[(.*)\]$/, '$1');
  if (!/^[\w.:%-]+$/.test(host)) throw new Error('must be an IP address or a host name');
  return host;
}

function parsePublicUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    throw new Error('must be an origin such as https://auth.example.com, without a path');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Error('must begin with https://, except on a loopback address');
  }
  return url.origin;
}

function parseDatabaseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    throw new Error('must look like postgresql://user:password@host:5432/database');
  }
  return value;
}

function parseMetricsToken(value: string): string {
  // What may stand after "Bearer" (RFC 6750), and enough of it that nobody guesses it.
  if (/^[\w.~+/-]{16,256}=*$/.test(value)) return value;
  throw new Error('must have 16 to 256 letters, digits and "-", ".", "_", "~", "+", "/"');
}

function parseProxies(value: string): string[] {
  const proxies = value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  for (const proxy of proxies) {
    try {
      proxyAddr.compile(proxy);
    } catch (cause) {
      throw new Error(
        `must list addresses, CIDRs, loopback, linklocal or uniquelocal; "${proxy}" is none`,
        { cause },
      );
    }
  }
  return proxies;
}
