import { expect, test } from 'vitest';
import { idFromSuffix, idPrefixes, idSuffix, kindOfId, newId } from '../../server/domain/ids.ts';

test('ids made one after the other sort in that order', () => {
  const ids = Array.from({ length: 10_000 }, () => newId('authSession'));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('an id says its kind, and no two kinds share a prefix', () => {
  for (const kind of Object.keys(idPrefixes) as (keyof typeof idPrefixes)[]) {
    const id = newId(kind);
    expect(id).toMatch(/^[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    expect(kindOfId(id)).toBe(kind);
    expect(idFromSuffix(kind, idSuffix(id))).toBe(id);
  }
  expect(new Set(Object.values(idPrefixes)).size).toBe(Object.keys(idPrefixes).length);
});

test('the suffix is the UUID in base 32 as the TypeID specification gives it', () => {
  const suffix = idSuffix(newId('user'));
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let number = 0n;
  for (const letter of suffix) number = number * 32n + BigInt(alphabet.indexOf(letter));
  const uuid = number.toString(16).padStart(32, '0');
  expect(uuid[12]).toBe('7');
  expect(Math.abs(Number.parseInt(uuid.slice(0, 12), 16) - Date.now())).toBeLessThan(60_000);
});

test('a malformed id has no kind', () => {
  const id = newId('project');
  for (const wrong of [
    '',
    'prj_',
    id.slice(0, -1),
    `${id}0`,
    id.toUpperCase(),
    `xxx${id.slice(3)}`,
    `prj_8${id.slice(5)}`,
    `${id}\u0000`,
  ]) {
    expect(kindOfId(wrong)).toBeNull();
  }
});
