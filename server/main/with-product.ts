/** The frame of a command: it opens the product by the settings, works, and leaves as it came. */
import { inspect } from 'node:util';
import type { Tools } from '../domain/call.ts';
import { DomainError } from '../domain/errors.ts';
import { loadConfig, loadEnvFile } from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger } from '../platform/log.ts';
import { isSentence, openProduct } from './open.ts';

/** Runs `work` on the product. What goes wrong is printed as a sentence, and the process fails. */
export async function withProduct(work: (tools: Tools) => Promise<void>): Promise<void> {
  try {
    loadEnvFile();
    const log = createLogger({ level: 'silent' });
    const { tools, database } = await openProduct(loadConfig(process.env), log);
    try {
      await work(tools);
    } finally {
      // What is waited for here does not keep the process alive by itself.
      const alive = setTimeout(() => {}, 60_000);
      await closeDb(tools.db);
      await database.stop(); // a database that the running server started stays
      clearTimeout(alive);
    }
  } catch (error) {
    const isForPeople = isSentence(error) || error instanceof DomainError;
    fail(isForPeople ? error.message : inspect(error));
  }
}

export function fail(message: string): void {
  process.stderr.write(`\n  ${message}\n\n`);
  process.exitCode = 1;
}
