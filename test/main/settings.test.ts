import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDataDir } from '../support/data-dir.ts';
import { createTestDatabase } from '../support/database.ts';
import { failToStart, startServer } from '../support/process.ts';

const masterKey = `k1:${Buffer.alloc(32, 1).toString('base64')}`;

test('every problem in the settings is said at once, in sentences that quote no secret', async () => {
  const failed = await failToStart({
    HOST: 'my host',
    PORT: 'eighty',
    PUBLIC_URL: 'ftp://auth.example.com/path',
    DATABASE_URL: 'mysql://somebody:hunter2@example.com',
    DATABASE_POOL_MAX: '0',
    MASTER_KEY: 'k1:aHVudGVyMg==',
    SIGN_UP: 'maybe',
    LOG_LEVEL: 'loud',
    TRUSTED_PROXIES: 'loopback, nowhere',
  });
  expect(failed).toMatchObject({ code: 1, signal: null, stdout: '' });
  expect(failed.stderr).toMatchInlineSnapshot(`
    "Latchkey could not start. The settings have problems:
      - HOST must be an IP address or a host name.
      - PORT must be a whole number from 0 to 65535.
      - PUBLIC_URL must be an origin such as https://auth.example.com, without a path.
      - DATABASE_URL must look like postgresql://user:password@host:5432/database.
      - MASTER_KEY must hold keys of exactly 32 bytes; entry 1 has 7.
      - SIGN_UP must be one of open, first, closed.
      - TRUSTED_PROXIES must list addresses, CIDRs, loopback, linklocal or uniquelocal; "nowhere" is none.
      - DATABASE_POOL_MAX must be a whole number from 1 to 1000.
      - LOG_LEVEL must be one of trace, debug, info, warn, error, silent.
    "
  `);
});

test('a port in use is said in a sentence', async () => {
  const { url } = await createTestDatabase();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const settings = { DATABASE_URL: url, MASTER_KEY: masterKey, PORT: String(port) };
  expect(await failToStart(settings)).toMatchObject({
    code: 1,
    stderr: `Latchkey could not start. Port ${port} is in use. Set PORT to another one.\n`,
  });
  other.close();
});

test('a database that nobody serves, or that refuses the password, is said in a sentence', async () => {
  const { url } = await createTestDatabase();
  const wrong: [part: 'port' | 'password', value: string, reason: RegExp][] = [
    ['port', '1', /connect ECONNREFUSED 127\.0\.0\.1:1/],
    ['password', 'wrong', /password authentication failed for user "\w+"/],
  ];
  await Promise.all(
    wrong.map(async ([part, value, reason]) => {
      const DATABASE_URL = Object.assign(new URL(url), { [part]: value }).href;
      const { code, stderr } = await failToStart({ DATABASE_URL, MASTER_KEY: masterKey });
      const sentence = `The database of DATABASE_URL cannot be used: ${reason.source}\\.`;
      expect(stderr).toMatch(new RegExp(`^Latchkey could not start\\. ${sentence}\\n$`));
      expect(code).toBe(1);
    }),
  );
});

test('so is a database to listen to that nobody serves', { timeout: 60_000 }, async () => {
  const { url } = await createTestDatabase();
  const DATABASE_LISTEN_URL = Object.assign(new URL(url), { port: '1' }).href;
  const settings = { DATABASE_URL: url, DATABASE_LISTEN_URL, MASTER_KEY: masterKey };
  expect((await failToStart(settings)).stderr).toBe(
    'Latchkey could not start. The database of DATABASE_LISTEN_URL cannot be used: connect ECONNREFUSED 127.0.0.1:1.\n',
  );
});

test('the server finds its migrations from any working directory', async () => {
  const { url } = await createTestDatabase({ empty: true });
  const settings = { DATABASE_URL: url, MASTER_KEY: masterKey };
  const server = await startServer(settings, await makeDataDir());
  expect(server.log().find(({ msg }) => msg === 'Migrations applied')).toMatchObject({
    applied: expect.arrayContaining([expect.stringMatching(/^\d{14}_/)]),
  });
  server.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
});

test('a DATA_DIR that is a file, or lies in one, is said in a sentence', async () => {
  const file = join(await makeDataDir(), 'file');
  await writeFile(file, '');
  for (const DATA_DIR of [file, join(file, 'below')]) {
    expect(await failToStart({ DATA_DIR })).toMatchObject({
      code: 1,
      stderr:
        `Latchkey could not start. ${DATA_DIR}, or a part of that path, is a file and not a directory. ` +
        'Set DATA_DIR to a directory of its own.\n',
    });
  }
});
