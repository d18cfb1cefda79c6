import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readUrl } from '../../client/demo/command.ts';

const usage = 'Say where the server is like this: npm run demo -- --url http://localhost:4000';

test.each([
  ['nothing is said', [], {}, 'http://localhost:4000'],
  ['settings are empty', [], { PORT: '', PUBLIC_URL: ' ' }, 'http://localhost:4000'],
  ['PORT is set', [], { PORT: '4100' }, 'http://localhost:4100'],
  ['both are set', [], { PORT: '1', PUBLIC_URL: 'https://a.example' }, 'https://a.example'],
  [
    '--url goes first',
    ['--url', 'http://[::1]:5'],
    { PUBLIC_URL: 'https://a.example' },
    'http://[::1]:5',
  ],
])('the demonstration finds the server where %s', (_what, args, env, url) => {
  expect(readUrl('demo', args, env)).toBe(url);
});

test.each([[['http://localhost:4100']], [['--port', '4100']], [['--url']]])(
  'arguments that it does not know are answered by how to say it: %s',
  (args) => {
    expect(() => readUrl('demo', args, {})).toThrow(usage);
  },
);

test('what is no URL is said', () => {
  expect(() => readUrl('demo', ['--url', 'localhost:4000'], {})).toThrow(
    `localhost:4000 is not the URL of a server. ${usage}`,
  );
});

test('the command prints the sentence alone, and fails', async () => {
  const args = ['--import', 'tsx', 'client/demo/demo.ts', 'http://localhost:4100'];
  const failed = promisify(execFile)(process.execPath, args);
  await expect(failed).rejects.toMatchObject({ code: 1, stdout: '', stderr: `${usage}\n` });
});
