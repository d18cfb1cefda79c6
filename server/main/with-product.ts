/** The frame of a command: it opens the product by the settings, works, and leaves as it came. */
import { inspect } from 'node:util';
import type { Tools } from '../domain/call.ts';
import { DomainError } from '../domain/errors.ts';
import { type Config, loadConfig, loadEnvFile } from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger } from '../platform/log.ts';
import { isSentence, openProduct } from './open.ts';

/** Runs `work` on the product. What goes wrong is printed as a sentence, and the process fails. */
export function withProduct(work: (tools: Tools) => Promise<void>): Promise<void> {
  return withSettings(async (config) => {
    const { tools, database } = await openProduct(config, createLogger({ level: 'silent' }));
    try {
      await work(tools);
    } finally {
      await closing(async () => {
        await closeDb(tools.db);
        await database.stop(); // a database that the running server started stays
      });
    }
  });
}

/** What is waited for at the end does not keep the process alive by itself. */
export async function closing(close: () => Promise<void>): Promise<void> {
  const alive = setTimeout(() => {}, 60_000);
  await close().finally(() => clearTimeout(alive));
}

/** The same for what needs no more than the settings. */
export async function withSettings(work: (config: Config) => Promise<void>): Promise<void> {
  try {
    loadEnvFile();
    await work(loadConfig(process.env));
  } catch (error) {
    const isForPeople = isSentence(error) || error instanceof DomainError;
    fail(isForPeople ? error.message : inspect(error));
  }
}

export function fail(message: string): void {
  process.stderr.write(`\n  ${message}\n\n`);
  process.exitCode = 1;
}
