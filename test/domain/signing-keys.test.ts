import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { createSigningKeys, type SigningKeys } from '../../server/domain/signing-keys.ts';
import { setUpTools } from '../support/setup.ts';

const { db, masterKeys } = await setUpTools();
/** As a process that has just started would read them. */
const fresh = () => createSigningKeys(db, masterKeys);
const published = async (keys: SigningKeys) => (await keys.jwks()).keys.map(({ kid }) => kid);
const passDays = (days: number) =>
  db.$executeRaw`UPDATE signing_keys SET signs_from = signs_from - make_interval(days => ${days}),
    published_until = published_until - make_interval(days => ${days})`;

test('processes that start at once on an empty database make one key', async () => {
  const ids = await Promise.all(
    Array.from({ length: 8 }, async () => (await fresh().current()).id),
  );
  expect(new Set(ids).size).toBe(1);
  expect(await db.signingKey.count()).toBe(1);
});

test('the database never holds a private key in the clear', async () => {
  const [row] = await db.signingKey.findMany();
  expect(JSON.stringify(row!.publicJwk)).not.toContain('"d"');
  expect(Buffer.from(row!.privateKey).toString('latin1')).not.toContain('PRIVATE KEY');
});

test('a successor is published before it signs, and its predecessor after it has stopped', async () => {
  const first = (await fresh().current()).id;
  expect(await fresh().rotateIfDue()).toBe(false);
  await passDays(90);
  const rotations = await Promise.all([fresh().rotateIfDue(), fresh().rotateIfDue()]);
  expect(rotations.filter(Boolean)).toHaveLength(1);

  // Announced: in the set of keys, but the first one still signs.
  expect(await published(fresh())).toHaveLength(2);
  expect((await fresh().current()).id).toBe(first);

  await passDays(1);
  const second = (await fresh().current()).id;
  expect(second).not.toBe(first);
  expect(await published(fresh())).toContain(first);

  await passDays(1);
  expect(await published(fresh())).toEqual([second]);
  await expect(fresh().get(first)).rejects.toThrow('withdrawn');
});

test('what a key signs, its published half verifies', async () => {
  const keys = fresh();
  const { id, privateKey } = await keys.current();
  const jwt = await new SignJWT({ a: 1 })
    .setProtectedHeader({ alg: 'EdDSA', kid: id })
    .sign(privateKey);
  const { payload } = await jwtVerify(jwt, createLocalJWKSet(await keys.jwks()));
  expect(payload).toEqual({ a: 1 });
});
