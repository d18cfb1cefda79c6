import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  apiKeyPreview,
  isApiKeyValue,
  newApiKeyValue,
} from '../../server/domain/api-keys/format.ts';
import { base62 } from '../../server/domain/base62.ts';

const characters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'];

test('a key says by its prefix what it is and where it works', () => {
  expect(newApiKeyValue('SECRET', 'PRODUCTION')).toMatch(/^sk_live_[0-9A-Za-z]{49}$/);
  expect(newApiKeyValue('PUBLISHABLE', 'PRODUCTION')).toMatch(/^pk_live_[0-9A-Za-z]{49}$/);
  for (const kind of ['STAGING', 'DEVELOPMENT', 'CUSTOM'] as const) {
    expect(newApiKeyValue('SECRET', kind)).toMatch(/^sk_test_/);
  }
});

test('a new key passes its own check, and with one character changed never does', () => {
  fc.assert(
    fc.property(fc.nat(56), fc.constantFrom(...characters), (at, character) => {
      const value = newApiKeyValue('SECRET', 'PRODUCTION');
      expect(isApiKeyValue(value)).toBe(true);
      const changed = value.slice(0, at) + character + value.slice(at + 1);
      expect(isApiKeyValue(changed)).toBe(changed === value);
    }),
  );
});

test('junk is no key', () => {
  for (const junk of ['', 'sk_live_', `sk_live_${'0'.repeat(49)}`, 'Bearer', 'sk_live_\u0000']) {
    expect(isApiKeyValue(junk)).toBe(false);
  }
  fc.assert(fc.property(fc.string(), (text) => !isApiKeyValue(text)));
});

test('a preview shows the first 12 characters and the last 4', () => {
  expect(apiKeyPreview('sk_live_ABCDefghijklmnopWXYZ')).toBe('sk_live_ABCD…WXYZ');
});

test('base62 is the number in base 62, whatever its size', () => {
  const alphabet = characters.slice(0, 62).join('');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), (bytes) => {
      let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
      let text = '';
      for (let i = 0; i < 43; i += 1) {
        text = alphabet[Number(number % 62n)] + text;
        number /= 62n;
      }
      expect(base62(bytes, 43)).toBe(text);
    }),
  );
  expect(base62(Uint8Array.of(255, 255, 255, 255), 6)).toBe('4gfFC3');
});
