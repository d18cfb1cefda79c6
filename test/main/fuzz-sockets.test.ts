/** WebSockets that speak almost as they should, by the thousand, at a real process. */
import { test } from 'vitest';
import { fuzzSeeds } from '../support/fuzz-corpus.ts';
import { conversations, converse, judgeFrames } from '../support/fuzz-frames.ts';
import { startFuzzTarget, storm, stormSeconds } from '../support/fuzz-target.ts';

const target = await startFuzzTarget();
const { server, known, inits } = target;
const some = conversations({ seeds: fuzzSeeds(known), known, inits });

async function volley(said: Buffer[][]): Promise<void> {
  const heard = await Promise.all(said.map((pieces) => converse(server.port, pieces)));
  for (const [index, pieces] of said.entries()) {
    const problem = judgeFrames(heard[index] ?? null);
    if (problem === null) continue;
    const sent = pieces.map((piece) => piece.toString('latin1').slice(0, 2_000)).join('\n');
    throw new Error(`${problem}\n--- sent\n${sent}`);
  }
  await target.expectUnharmed();
}

test('nothing that a socket says harms the server, shows what is inside, or stays behind', {
  timeout: 90_000 + 8_000 * stormSeconds,
}, async () => {
  await target.expectNothingLeft((number) => storm(some, number, volley));
});
