import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger } from '../../server/platform/log.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(line));
      done();
    },
  });
  return { lines, destination };
}

test('a line is JSON with its level as a word, its time in UTC, and the fields of its child', () => {
  const { lines, destination } = capture();
  const log = createLogger({ level: 'info', destination }).child({ requestId: 'req_1' });
  log.info({ durationMs: 3 }, 'Request served.');
  log.debug('Not for this level.');
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pid: process.pid,
      requestId: 'req_1',
      durationMs: 3,
      msg: 'Request served.',
    },
  ]);
});

test('cookies, keys and passwords do not appear, wherever they were put by mistake', () => {
  const { lines, destination } = capture();
  const log = createLogger({ level: 'info', destination });
  const headers = { authorization: 'hunter2', cookie: 'hunter2', 'set-cookie': ['hunter2'] };
  log.info({ headers, req: { headers }, res: { headers } }, 'Request served.');
  log.info(
    { password: 'hunter2', input: { password: 'hunter2', secret: 'hunter2' } },
    'Signed in.',
  );
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});
