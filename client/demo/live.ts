/**
 * Shows on a running server what is told live, through its public API alone, in some ten seconds: counts
 * that another process moves, a session as its waiting device sees it, the log as it grows, and a socket
 * that is closed because its key was deleted.
 *
 *     npm run demo:live -- --url http://localhost:4000
 *
 * Without --url it asks the server that `npm start` would start here: see PUBLIC_URL and PORT.
 */
import { createCast } from './cast.ts';
import { isMain, runCommand } from './command.ts';
import type { DemoOptions } from './demo.ts';
import { LiveCounts } from './live-documents.ts';
import { deleteKey, tailLog, watchCounts, watchSession } from './live-steps.ts';
import { createAccountAndProject } from './main-path.ts';
import { type Step, Story } from './story.ts';
import { watch } from './watch.ts';

/**
 * Runs the demonstration. It leaves an account and a project behind, both new.
 *
 * @returns what was done and seen, step by step
 * @throws {DemoFailedError} a step did not go as it should
 */
export async function runLiveDemo(options: DemoOptions): Promise<Step[]> {
  const story = new Story(options);
  const cast = createCast(new URL(options.url).origin, story, options.fetch ?? fetch);
  const shop = await createAccountAndProject(cast);
  const server = cast.withKey(shop.secret);
  try {
    const live = { server, counts: watch(server, LiveCounts, {}) };
    await watchCounts(cast, shop, live);
    await watchSession(cast, live);
    await tailLog(cast, shop, live);
    await deleteKey(cast, live);
  } finally {
    server.live.dispose();
    cast.device.live.dispose();
  }
  return story.steps;
}

if (isMain(import.meta.url)) {
  await runCommand('demo:live', (url, told) => runLiveDemo({ url, ...told }));
}
