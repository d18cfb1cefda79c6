/**
 * `npm run verify-rollups`: recounts what analytics and counters say from the sessions themselves, as far
 * back as those are kept, and prints what differs. `-- --repair` mends it. Both may run beside a server.
 */
import {
  type Difference,
  repairRollups,
  verifyRollups,
} from '../domain/analytics/verify-rollups.ts';
import type { Tools } from '../domain/call.ts';
import { fail, withProduct } from './with-product.ts';

async function verify(tools: Tools): Promise<void> {
  const { environments, differences } = await look(tools, verifyRollups);
  if (differences === 0) print(`Every count is right, in ${environments} environments.`);
  else
    fail(
      `${differences} counts are not what the sessions say. Mend them: npm run verify-rollups -- --repair`,
    );
}

async function repair(tools: Tools): Promise<void> {
  const { environments, differences } = await look(tools, repairRollups);
  print(`${differences} counts were not what the sessions say, in ${environments} environments.`);
  const after = await look(tools, verifyRollups);
  if (after.differences === 0) print('Now every count is right.');
  else fail(`${after.differences} counts are still not what the sessions say.`);
}

async function look(tools: Tools, compare: typeof repairRollups) {
  const sum = { environments: 0, differences: 0 };
  await compare(tools, (_environmentId, differences) => {
    sum.environments += 1;
    sum.differences += differences.length;
    for (const difference of differences) print(lineOf(difference));
  });
  return sum;
}

function lineOf({ environmentId, quarterAt, what, bySessions, counted }: Difference): string {
  const when = quarterAt?.toISOString() ?? 'lifetime';
  return `${environmentId}  ${when}  ${what}: ${bySessions} by the sessions, ${counted} counted`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [, , ...options] = process.argv;
if (options.length === 0) await withProduct(verify);
else if (options.join() === '--repair') await withProduct(repair);
else fail('Say nothing, or --repair: npm run verify-rollups -- --repair');
