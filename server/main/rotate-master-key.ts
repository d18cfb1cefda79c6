/**
 * `npm run rotate-master-key`: after a new entry was put first into MASTER_KEY and every process was
 * started again with it, encrypts again what can be, and says what still needs the old entries.
 */
import type { Tools } from '../domain/call.ts';
import { findMasterKeyUses, reencryptSecrets } from '../domain/master-key-use.ts';
import { withProduct } from './with-product.ts';

async function rotate(tools: Tools): Promise<void> {
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
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await withProduct(rotate);
