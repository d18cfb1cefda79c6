/**
 * Requests that are almost right, by the thousand, at a real process. What they are depends on a seed
 * alone; a failure says with which settings the smallest that fails is sent again.
 */
import { test } from 'vitest';
import { fuzzSeeds } from '../support/fuzz-corpus.ts';
import { fire, judge } from '../support/fuzz-replies.ts';
import { type Shot, shots } from '../support/fuzz-requests.ts';
import { startFuzzTarget, storm, stormSeconds } from '../support/fuzz-target.ts';

const target = await startFuzzTarget();
const { server, credentials, known } = target;
const some = shots({ seeds: fuzzSeeds(known), known, credentials });

async function volley(shots: Shot[]): Promise<void> {
  const heard = await Promise.all(shots.map((shot) => fire(server.port, shot)));
  for (const [index, shot] of shots.entries()) {
    const problem = judge(heard[index]!, shot);
    if (problem === null) continue;
    const sent = Buffer.concat(shot.pieces).toString('latin1').slice(0, 3_000);
    const got = heard[index]!.toString('latin1').slice(0, 2_000);
    throw new Error(`${problem}\n--- sent\n${sent}\n--- heard\n${got}`);
  }
  await target.expectUnharmed();
}

test('no request harms the server, shows what is inside, or stays behind', {
  timeout: 90_000 + 8_000 * stormSeconds,
}, async () => {
  await target.expectNothingLeft((number) => storm(some, number, volley));
});
