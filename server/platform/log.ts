import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

export type { Logger };
export type LogLevel = LevelWithSilent;

export interface LogOptions {
  /** Lines below this level are dropped. */
  readonly level: LogLevel;
  /** Where lines go; standard output if left out. */
  readonly destination?: DestinationStream;
}

/**
 * Names under which a secret could be logged by mistake. Intended fields never bear them (a key
 * appears as its prefix); this is the net beneath, at the top level and one level down.
 */
const SECRET_FIELDS = [
  'DATABASE_LISTEN_URL',
  'DATABASE_URL',
  'MASTER_KEY',
  'METRICS_TOKEN',
  'accessToken',
  'apiKey',
  'authorization',
  'clientSecret',
  'connectionString',
  'cookie',
  'currentPassword',
  'databaseUrl',
  'linkToken',
  'listenUrl',
  'masterKey',
  'masterKeys',
  'newPassword',
  'passphrase',
  'password',
  'passwordHash',
  'privateJwk',
  'privateKey',
  'proof',
  'proxy-authorization',
  'secret',
  'secretKey',
  'secrets',
  'set-cookie',
  'signingKey',
  'token',
  'webhookSecret',
  'x-api-key',
];

const REDACTED_PATHS = [
  ...SECRET_FIELDS.flatMap((name) => [`["${name}"]`, `*["${name}"]`]),
  ...['authorization', 'cookie', 'proxy-authorization', 'set-cookie', 'x-api-key'].flatMap(
    (name) => [`req.headers["${name}"]`, `res.headers["${name}"]`],
  ),
];

/**
 * Makes the logger of a process: JSON lines with `level` as a word, `time` as RFC 3339 in UTC and
 * `pid`. A message is constant and values are fields; an error goes in `err`, once, at the door.
 */
export function createLogger({ level, destination }: LogOptions): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * What PostgreSQL and Prisma hang onto an error may be the row itself ("Failing row contains …"), and
 * with it password hashes or what a customer keeps with a session.
 */
const ROW_FIELDS = ['detail', 'where', 'meta', 'internalQuery', 'cause'] as const;

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const described: Record<string, unknown> = { ...pino.stdSerializers.err(error) };
  for (const field of ROW_FIELDS) delete described[field];
  for (const field of ['message', 'stack']) described[field] = hidePasswords(described[field]);
  if (error.cause instanceof Error) described.cause = describeError(error.cause);
  // Of an AggregateError: what each of several addresses or attempts said.
  const { errors } = error as Error & { errors?: unknown };
  if (Array.isArray(errors)) {
    delete described.errors;
    described.aggregateErrors = errors.map(describeError);
  }
  return described;
}

/** What a driver complains of may be the connection string that it was given. */
function hidePasswords(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):\S+@/gi, '$1:[redacted]@');
}
