/** Looks into a process that was started with `--inspect`, as a debugger does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerProcess } from './process.ts';

/** For the settings of a process to look into: at a port of its own. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

export interface Resources {
  /** Bytes, after everything that nobody holds was collected. */
  heap: number;
  /** What keeps the event loop busy, by kind: sockets, timers and so on. */
  active: Record<string, number>;
}

/** Closed after the test. */
export async function inspect({ stderr }: ServerProcess): Promise<() => Promise<Resources>> {
  const url = /^Debugger listening on (ws:\S+)$/m.exec(stderr())?.[1];
  if (!url) throw new Error('The process does not listen to a debugger.');
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let asked = 0;
  // biome-ignore lint/suspicious/noExplicitAny: results of every shape
  const ask = (method: string, params: object = {}): Promise<any> =>
    new Promise((resolve) => {
      const id = ++asked;
      socket.on('message', function answered(data) {
        const message = JSON.parse(String(data));
        if (message.id !== id) return;
        socket.off('message', answered);
        resolve(message.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  return async () => {
    for (let times = 0; times < 3; times += 1) {
      await ask('HeapProfiler.collectGarbage');
      await sleep(20); // for what is told of the collection
    }
    const { usedSize } = await ask('Runtime.getHeapUsage');
    const expression = 'JSON.stringify(process.getActiveResourcesInfo())';
    const { result } = await ask('Runtime.evaluate', { expression });
    const active: Record<string, number> = {};
    for (const kind of JSON.parse(result.value)) active[kind] = (active[kind] ?? 0) + 1;
    return { heap: usedSize, active };
  };
}
