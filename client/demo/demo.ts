/**
 * Shows the main path on a running server, through its public API alone. Tells each step, and ends
 * at the first that does not go as it should.
 *
 *     npm run demo -- --url http://localhost:4000
 *
 * Without --url it asks the server that `npm start` would start here: see PUBLIC_URL and PORT.
 */
import { createCast } from './cast.ts';
import { isMain, runCommand } from './command.ts';
import { cancelByDevice, signInByTest } from './development.ts';
import { createAccountAndProject, signInByServer } from './main-path.ts';
import { readActivity, switchOff } from './oversight.ts';
import { type Step, Story, type StoryOptions } from './story.ts';

export interface DemoOptions extends StoryOptions {
  /** Where the server is, such as http://localhost:4000. */
  url: string;
  /** How requests are sent; the platform's own if left out. One is answered before the next. */
  fetch?: typeof fetch;
}

/**
 * Runs the demonstration. It leaves an account and a project behind, both new.
 *
 * @returns what was done and seen, step by step
 * @throws {DemoFailedError} a step did not go as it should
 */
export async function runDemo(options: DemoOptions): Promise<Step[]> {
  const story = new Story(options);
  const cast = createCast(new URL(options.url).origin, story, options.fetch ?? fetch);
  const shop = await createAccountAndProject(cast);
  await signInByServer(cast, shop);
  await signInByTest(cast, shop);
  await cancelByDevice(cast, shop);
  await readActivity(cast, shop);
  await switchOff(cast, shop);
  return story.steps;
}

if (isMain(import.meta.url)) {
  await runCommand('demo', (url, told) => runDemo({ url, ...told }));
}
