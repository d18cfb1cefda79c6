/**
 * `npm run seed -- --sessions N --days D`: believable history, for a dashboard that shows something and
 * for measuring at a size. Killed, it goes on where it stopped when it is run again with the same options.
 */
import { parseArgs } from 'node:util';
import type { Tools } from '../domain/call.ts';
import { seedHistory } from '../domain/sample-data/seed.ts';
import { becomeSeeder } from '../domain/sample-data/seeder.ts';
import { callOfCommand } from './call-of-command.ts';
import { createProgress } from './progress.ts';
import { fail, withProduct } from './with-product.ts';

const usage = `npm run seed -- [options]

  --sessions N     how many auth sessions, from 1 to 20,000,000 (default 20,000)
  --days D         over how many days until now, from 1 to 3,650 (default 90)
  --seed WORD      another word makes another history (default "latchkey")
  --email EMAIL    in whose name; an account that does not exist is made (default: who owns the workspace)
  --workspace ID   in which workspace (default: the oldest there is)
  --project ID     in a project that is there, instead of projects made for it`;

interface Options {
  sessions: number;
  days: number;
  seed: string;
  email: string | null;
  workspaceId: string | null;
  projectId: string | null;
}

/** @throws {Error} in a sentence, what of the arguments means nothing */
function readOptions(args: string[]): Options | 'help' {
  const { values } = parseSentence(args);
  if (values.help) return 'help';
  if (values.seed === '') throw new Error('--seed needs a word.');
  return {
    sessions: wholeNumber('sessions', values.sessions, 20_000_000),
    days: wholeNumber('days', values.days, 3_650),
    seed: values.seed,
    email: values.email ?? null,
    workspaceId: values.workspace ?? null,
    projectId: values.project ?? null,
  };
}

function parseSentence(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        sessions: { type: 'string', default: '20000' },
        days: { type: 'string', default: '90' },
        seed: { type: 'string', default: 'latchkey' },
        email: { type: 'string' },
        workspace: { type: 'string' },
        project: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw new Error((cause as Error).message, { cause });
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = /^[\d_,]+$/.test(text) ? Number(text.replace(/[_,]/g, '')) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw new Error(`--${name} must be a whole number from 1 to ${max.toLocaleString('en')}.`);
}

async function seed(tools: Tools, options: Options): Promise<void> {
  const call = callOfCommand(tools, 'npm run seed');
  const { sessions, days } = options;
  const seeder = await becomeSeeder(call, options);
  const { workspaceId, workspaceName, email, password } = seeder;
  print(`\n  Seeding "${workspaceName}" (${workspaceId}) in the name of ${email}.`);
  if (password !== null) print(`  This account is new. Its password, shown this once: ${password}`);
  if (days > seeder.logRetentionDays) {
    print(
      `  The workspace keeps log entries for ${seeder.logRetentionDays} days: a running server will remove older ones.`,
    );
  }
  const startedAt = performance.now();
  const progress = createProgress(sessions, 'sessions');
  const seeded = await seedHistory(call, { ...options, workspaceId }, progress.show);
  progress.end();
  const { before, from, to } = seeded;
  const made = number(sessions - before);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  print(
    before === sessions
      ? '  All of them were there already. Another --seed makes more.\n'
      : `  ${made} sessions from ${from.toISOString()} to ${to.toISOString()} in ${seconds} s.\n`,
  );
}

const number = (value: number) => value.toLocaleString('en');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') print(`\n${usage}\n`);
  else await withProduct((tools) => seed(tools, options));
} catch (error) {
  fail(`${(error as Error).message}\n\n${usage}`);
}
