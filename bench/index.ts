/**
 * `npm run bench -- [suite … | all] [--seconds N] [--rounds N] [--connections 1,16,64]
 *   [--subscribers 1000,5000] [--large] [--data-dir DIR] [--requests N]`
 *
 * Measures Latchkey from outside, as a user runs it: its own server processes, its public API, load
 * from further processes. Rates depend on the machine and on what else it does, so judge by ratios
 * of one run. Prints plain text. A missed aim is a result; only what could not run is a failure.
 */

import { data } from './data.ts';
import { deletion } from './deletion.ts';
import { latency } from './latency.ts';
import { lists } from './lists.ts';
import { live } from './live.ts';
import { memory } from './memory-growth.ts';
import { readOptions, type Suite } from './options.ts';
import { endAll, lastWords } from './processes.ts';
import { sessions } from './sessions.ts';
import { webhooks } from './webhooks.ts';
import { whole } from './whole.ts';

const suites: Readonly<Record<string, { says: string; run: Suite }>> = {
  sessions: { says: 'the write path against its floor', run: sessions },
  whole: { says: 'sessions from start to proof, each watched by a device', run: whole },
  latency: { says: 'starting a session at half of the highest rate', run: latency },
  lists: { says: 'log page, project list and session by id, under load', run: lists },
  data: { says: 'lists and analytics with 10,000 and with 1,000,000 sessions', run: data },
  live: { says: 'thousands of subscribers, beside plain graphql-ws', run: live },
  webhooks: { says: 'from commit to receiver, and what a dead one costs', run: webhooks },
  deletion: { says: 'deleting a project with a million sessions', run: deletion },
  memory: { says: 'what a server holds after a million requests', run: memory },
};

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    void endAll().finally(() => process.exit(130));
  });
}

try {
  const { names, ...options } = readOptions(process.argv.slice(2), Object.keys(suites));
  if (names.length === 0) {
    const rows = Object.entries(suites).map(([name, { says }]) => `  ${name.padEnd(10)}${says}`);
    process.stdout.write(
      `\nName the suites to run, or all: npm run bench -- sessions\n\n${rows.join('\n')}\n`,
    );
  }
  for (const name of names) {
    try {
      process.stdout.write(`${await suites[name]!.run(options)}\n`);
    } finally {
      await endAll();
    }
  }
} catch (error) {
  if (!interrupted) {
    process.stderr.write(`\n${error instanceof Error ? error.stack : error}\n\n${lastWords()}\n`);
    process.exitCode = 1;
  }
}
