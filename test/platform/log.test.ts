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
  log.info(
    {
      config: { databaseUrl: 'postgresql://me:hunter2@db/latchkey', masterKeys: ['hunter2'] },
      DATABASE_URL: 'postgresql://me:hunter2@db/latchkey',
      headers: { 'x-api-key': 'hunter2', 'proxy-authorization': 'hunter2' },
      input: { currentPassword: 'hunter2', newPassword: 'hunter2', clientSecret: 'hunter2' },
      token: 'hunter2',
    },
    'Configured.',
  );
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test('a connection string in an error is logged without its password', () => {
  const { lines, destination } = capture();
  const log = createLogger({ level: 'info', destination });
  const cause = new Error('no such host in postgresql://me:hunter2:3@db.example.com/latchkey');
  log.error({ err: new Error('Cannot reach postgres://me:p@hunter2@db', { cause }) }, 'Failed.');
  expect(lines[0]).toMatchObject({
    err: {
      message: expect.stringContaining('postgres://me:[redacted]@'),
      cause: {
        message: 'no such host in postgresql://me:[redacted]@db.example.com/latchkey',
      },
    },
  });
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test('each of several errors in one is cleared of rows and passwords too', () => {
  const { lines, destination } = capture();
  const log = createLogger({ level: 'info', destination });
  const refused = new Error('Cannot reach postgres://me:hunter2@db');
  const row = Object.assign(new Error('duplicate key'), {
    detail: 'Key (email)=(hunter2) exists.',
  });
  log.error({ err: new AggregateError([refused, row], 'All failed') }, 'Failed.');
  log.error({ err: Object.assign(new Error('All failed'), { errors: [refused, row] }) }, 'Failed.');
  for (const line of lines) {
    expect(line).toMatchObject({
      err: {
        aggregateErrors: [
          { message: 'Cannot reach postgres://me:[redacted]@db' },
          { message: 'duplicate key' },
        ],
      },
    });
  }
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});
