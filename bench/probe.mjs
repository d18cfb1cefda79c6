/**
 * For `node --expose-gc --import ./bench/probe.mjs`: a server under test, whatever it is, says on its
 * output what memory it holds, each time it gets SIGUSR2. See `askMemory`.
 */
import { setTimeout as sleep } from 'node:timers/promises';

let asked = 0;

process.on('SIGUSR2', async () => {
  const n = ++asked;
  // What the first collection finalises, such as the sockets of closed connections, the second frees.
  for (let times = 0; times < 2; times += 1) {
    globalThis.gc();
    await sleep(100);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`memory ${n} ${heapUsed + external} ${rss}\n`);
});
