/**
 * Shows the main path on a running server, through its public API alone. Tells each step, and ends
 * at the first that does not go as it should.
 *
 *     npm run demo -- --url http://localhost:4000
 *
 * Without --url it asks the server that `npm start` would start here: see PUBLIC_URL and PORT.
 */
import { existsSync } from 'node:fs';
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

/**
 * Where the server is: what --url says, else what the server's own settings say.
 *
 * @throws {Error} in a sentence, what cannot be read
 */
export function readUrl(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const usage = 'Say where the server is like this: npm run demo -- --url http://localhost:4000';
  const read = (name: string) => env[name]?.trim() || null;
  const url =
    readOption(args, usage) ?? read('PUBLIC_URL') ?? `http://localhost:${read('PORT') ?? 4000}`;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new Error(`${url} is not the URL of a server. ${usage}`);
}

function readOption(args: readonly string[], usage: string): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { url: { type: 'string' } } }).values.url;
  } catch (cause) {
    throw new Error(usage, { cause });
  }
}

async function main(): Promise<void> {
  const { stdout, stderr } = process;
  const fail = (message: string) => {
    stderr.write(`${message}\n`);
    process.exitCode = 1;
  };
  if (existsSync('.env')) process.loadEnvFile('.env');
  let url: string;
  try {
    url = readUrl(process.argv.slice(2), process.env);
  } catch (error) {
    return fail((error as Error).message);
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
