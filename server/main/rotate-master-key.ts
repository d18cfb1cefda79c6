/**
 * `npm run rotate-master-key`: after a new entry was put first into MASTER_KEY and every process was
 * started again with it, encrypts again what can be, and says what still needs the old entries.
 */
import { findMasterKeyUses, reencryptSecrets } from '../domain/master-key-use.ts';
import { loadConfig, loadEnvFile } from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger } from '../platform/log.ts';
import { openProduct } from './open.ts';

async function rotate(): Promise<void> {
  const { tools, database } = await openProduct(
    loadConfig(process.env),
    createLogger({ level: 'silent' }), // what goes wrong is printed as a sentence
  );
  try {
    const moved = await reencryptSecrets(tools);
    const uses = await findMasterKeyUses(tools);
    const { primaryId, ids } = tools.masterKeys;
    print(`The first entry is "${primaryId}". ${moved} ciphertexts were moved to it.`);
    const known = new Set([...ids, ...uses.map(({ masterKeyId }) => masterKeyId)]);
    known.delete(primaryId);
    for (const id of known) {
      const left = uses.filter(({ masterKeyId }) => masterKeyId === id);
      if (left.length === 0) {
        print(`Nothing needs "${id}" any more: it can go from MASTER_KEY.`);
        continue;
      }
      const gone = ids.includes(id) ? 'still needed by' : 'MISSING from MASTER_KEY, and needed by';
      print(`"${id}" is ${gone}:`);
      for (const { what, count, until } of left) {
        print(`  ${count} ${what}${until ? `; at the latest until ${until.toISOString()}` : ''}`);
      }
    }
    if (known.size === 0) print('There are no other entries.');
  } finally {
    // What is waited for here does not keep the process alive by itself.
    const alive = setTimeout(() => {}, 60_000);
    await closeDb(tools.db);
    await database.stop(); // a database that the running server started stays
    clearTimeout(alive);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

loadEnvFile();
try {
  await rotate();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
