import type { Tools } from '../domain/call.ts';
import { createTools } from '../domain/tools.ts';
import { type Config, ConfigError } from '../platform/config.ts';
import { type Db, isDatabaseUnavailable, openDb } from '../platform/db.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.ts';
import { createEvents } from '../platform/events.ts';
import { adoptForeignTransactions } from '../platform/foreign-transactions.ts';
import type { Logger } from '../platform/log.ts';
import { loadOrCreateMasterKey } from '../platform/master-key-file.ts';
import { MasterKeys } from '../platform/master-keys.ts';
import { MigrationError, migrate } from '../platform/migrate.ts';
import { dropLeftovers } from '../platform/spare-database.ts';

export interface OpenDatabase {
  kind: 'own' | 'embedded';
  url: string;
  /** Resolves when the embedded database is gone; never for one's own. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const deafMessage =
  'The database takes LISTEN and hands on no notification, as behind a pooler. Set DATABASE_LISTEN_URL to the database itself. Until then changes made in other processes are noticed up to a second late';

/** The database of the settings, migrated, and the tools of a process on it. Commands use it too. */
export async function openProduct(
  config: Config,
  log: Logger,
): Promise<{ tools: Tools; database: OpenDatabase }> {
  const database = await openDatabase(config, log);
  try {
    // Without a pooler between: a lock of the session is taken meanwhile.
    const { listenUrl } = config.database;
    const directUrl = listenUrl ?? database.url;
    const applied = await migrate(directUrl).catch((error) => {
      if (database.kind === 'embedded') throw error;
      throw explainDatabase(error, listenUrl ? 'DATABASE_LISTEN_URL' : 'DATABASE_URL');
    });
    if (applied.length > 0) log.info({ applied }, 'Migrations applied');
    const adopted = await adoptForeignTransactions(directUrl);
    if (adopted > 0) log.info({ adopted }, 'Log entries of another cluster were taken over');
    const events = createEvents({
      url: directUrl,
      onError: (error) => log.warn({ err: error }, 'The connection that hears of changes broke'),
      onDeaf: () => log.error(deafMessage),
    });
    const db: Db = openDb({
      url: database.url,
      poolMax: config.database.poolMax,
      onError: ({ message }) => {
        // What is being closed may break off. And pg hangs its whole client onto the error.
        if (!db.$pool.ending) log.warn({ reason: message }, 'A database connection broke');
      },
    });
    const tools = createTools({
      events,
      db,
      masterKeys: new MasterKeys(
        config.masterKeys ?? (await loadOrCreateMasterKey(config.dataDir)),
      ),
      publicUrl: config.http.publicUrl ?? '',
      signUp: config.signUp,
      onError: (error) => {
        if (!isDatabaseUnavailable(error))
          log.error({ err: error }, 'What is live failed: a check of connections, or a delivery');
      },
      allowPrivateWebhooks: config.webhooks.allowPrivate,
      publicStarts: config.publicStarts,
      openConnections: config.openConnections,
    });
    return { tools, database };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function openDatabase(
  { database: { url }, dataDir }: Config,
  log: Logger,
): Promise<OpenDatabase> {
  if (url !== null) return { kind: 'own', url, ended: new Promise(() => {}), stop: async () => {} };
  const embedded = await startEmbeddedPostgres(dataDir);
  // One that was adopted may be that of a restore under way.
  if (!embedded.adopted) {
    await dropLeftovers(embedded.url).catch((error) =>
      log.warn({ err: error }, 'What a restore left behind could not be removed'),
    );
  }
  return { kind: 'embedded', url: embedded.url, ended: embedded.ended, stop: embedded.stop };
}

/** What a setting names and cannot be used, in a sentence; any other error as it is. */
function explainDatabase(error: Error & { code?: string }, setting: string): Error {
  // Of Node: nobody answers there. SQLSTATE 28 refuses who we are, 3D000 knows no such database.
  const isKnown = /^(E[A-Z_]+|28...|3D000|53300|57P03)$/.test(error.code ?? '');
  // Where a name has several addresses, Node's error for all of them has no message.
  const reason = error.message || error.code;
  return isKnown
    ? new Error(`The database of ${setting} cannot be used: ${reason}.`, { cause: error })
    : error;
}

/**
 * Whether an error says by itself, in sentences, what whoever runs Latchkey can do. Those are what we
 * throw; errors of Node, the database and packages have a code or a class of their own.
 */
export function isSentence(error: unknown): error is Error {
  if (error instanceof ConfigError || error instanceof MigrationError) return true;
  return error instanceof Error && error.constructor === Error && !('code' in error);
}
