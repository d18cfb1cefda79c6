/**
 * Shows the main path on a running server, through its public API alone. Tells each step, and ends
 * at the first that does not go as it should.
 *
 *     npm run demo -- --url http://localhost:4000
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LatchkeyError } from '../urql.ts';
import { createCast } from './cast.ts';
import { cancelByDevice, signInByTest } from './development.ts';
import { createAccountAndProject, signInByServer } from './main-path.ts';
import { readActivity, switchOff } from './oversight.ts';
import { DemoFailedError, type Step, Story, type StoryOptions } from './story.ts';

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

/** For the person who ran it: what failed, and what to look for in the server's log. */
export function describeFailure({
  step,
  message,
  code,
  requestId,
  cause,
}: DemoFailedError): string {
  const what = [code, message].filter(Boolean).join(': ');
  const where = `Step ${step.number} failed (${step.sentence}) ${what}`;
  if (cause instanceof LatchkeyError && cause.status === null) return where;
  return `${where}\nThe server's log has more, under the request id ${requestId ?? '(none came)'}.`;
}

/** What --url says; null where the arguments cannot be read, which `parseArgs` says itself. */
function readUrl(): string {
  const options = { url: { type: 'string', default: 'http://localhost:4000' } } as const;
  return parseArgs({ options }).values.url;
}

async function main(): Promise<void> {
  const { stdout, stderr } = process;
  const fail = (message: string) => {
    stderr.write(`${message}\n`);
    process.exitCode = 1;
  };
  const url = readUrl();
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    return fail(`--url must be a URL like http://localhost:4000, not ${url}`);
  }
  try {
    stdout.write(`\nLatchkey at ${url}\n\n`);
    const colours = stdout.isTTY && !process.env.NO_COLOR;
    await runDemo({ url, print: (line) => stdout.write(`${line}\n`), colours });
    stdout.write('Everything went as it should.\n');
  } catch (error) {
    if (!(error instanceof DemoFailedError)) throw error;
    const nobodyAnswers = error.cause instanceof LatchkeyError && error.cause.status === null;
    if (error.step.number === 1 && nobodyAnswers) {
      return fail(`No server answers at ${url}. Start it with npm start, or give its --url.`);
    }
    fail(describeFailure(error));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
