/** What the commands of the demonstrations have in common: where the server is, and how they end. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LatchkeyError } from '../urql.ts';
import { DemoFailedError, type StoryOptions } from './story.ts';

/** Whether this module is what Node was started with. */
export function isMain(moduleUrl: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && moduleUrl === pathToFileURL(started).href;
}

/**
 * Runs a demonstration as a command, and says what came of it.
 *
 * @param name of the npm script
 */
export async function runCommand(
  name: string,
  run: (url: string, told: StoryOptions) => Promise<unknown>,
): Promise<void> {
  const { stdout, stderr } = process;
  const fail = (message: string) => {
    stderr.write(`${message}\n`);
    process.exitCode = 1;
  };
  if (existsSync('.env')) process.loadEnvFile('.env');
  let url: string;
  try {
    url = readUrl(name, process.argv.slice(2), process.env);
  } catch (error) {
    return fail((error as Error).message);
  }
  try {
    stdout.write(`\nLatchkey at ${url}\n\n`);
    const colours = stdout.isTTY && !process.env.NO_COLOR;
    await run(url, { print: (line) => stdout.write(`${line}\n`), colours });
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
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const usage = `Say where the server is like this: npm run ${name} -- --url http://localhost:4000`;
  const read = (variable: string) => env[variable]?.trim() || null;
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
