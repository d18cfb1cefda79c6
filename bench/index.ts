/**
 * `npm run bench [suite …] [--seconds N] [--rounds N] [--connections 1,16,64] [--subscribers 1000,5000]
 *   [--large] [--data-dir DIR]`
 *
 * Measures Latchkey from outside, as a user runs it: its own server processes, its public API, load
 * from further processes. Rates depend on the machine and on what else it does, so judge by ratios
 * of one run. Prints plain text. A missed aim is a result; only what could not run is a failure.
 */

import { data } from './data.ts';
import { deletion } from './deletion.ts';
import { live } from './live.ts';
import { readOptions, type Suite } from './options.ts';
import { endAll, lastWords } from './processes.ts';
import { sessions } from './sessions.ts';
import { webhooks } from './webhooks.ts';

const suites: Readonly<Record<string, Suite>> = { sessions, deletion, data, live, webhooks };

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    void endAll().finally(() => process.exit(130));
  });
}

try {
  const { names, ...options } = readOptions(process.argv.slice(2), Object.keys(suites));
  for (const name of names) {
    try {
      process.stdout.write(`${await suites[name]!(options)}\n`);
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
