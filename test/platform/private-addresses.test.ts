import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkUrl } from '../../server/platform/outbound.ts';
import { isPrivateAddress } from '../../server/platform/private-addresses.ts';

/** First and last address of each private block, and what lies just outside. */
const edges: [block: string, inside: string[], outside: string[]][] = [
  ['this network', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
  ['private 10', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  ['shared', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
  ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255'], ['126.255.255.255', '128.0.0.0']],
  ['Azure platform', ['168.63.129.16'], ['168.63.129.15', '168.63.129.17']],
  ['link-local', ['169.254.0.0', '169.254.255.255'], ['169.253.255.255', '169.255.0.0']],
  ['cloud metadata', ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192'], []],
  ['private 172', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
  ['protocol assignments', ['192.0.0.0', '192.0.0.255'], ['191.255.255.255', '192.0.1.0']],
  ['documentation 1', ['192.0.2.0', '192.0.2.255'], ['192.0.3.0']],
  ['6to4 relays', ['192.88.99.0', '192.88.99.255'], ['192.88.98.255', '192.88.100.0']],
  ['private 192', ['192.168.0.0', '192.168.255.255'], ['192.167.255.255', '192.169.0.0']],
  ['benchmarking', ['198.18.0.0', '198.19.255.255'], ['198.17.255.255', '198.20.0.0']],
  ['documentation 2', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
  ['documentation 3', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
  ['multicast', ['224.0.0.0', '239.255.255.255'], ['223.255.255.255']],
  ['reserved, broadcast', ['240.0.0.0', '255.255.255.254', '255.255.255.255'], []],
  ['unspecified, loopback 6', ['::', '::1', '0:0:0:0:0:0:0:1', '::0.0.0.1', '::1%lo'], []],
  ['mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::FFFF:10.0.0.1'], []],
  ['compatible, translated', ['::127.0.0.1', '::8.8.8.8', '::ffff:0:127.0.0.1'], []],
  ['NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::', '64:ff9b::1'], []],
  ['NAT64 to the public', ['64:ff9b:1::8.8.8.8', '64:ff9b::1:808:808'], ['64:ff9b::8.8.8.8']],
  ['discard-only, dummy', ['100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::'], []],
  ['not given out', ['1fff:ffff::', '4000::', 'e000::'], ['2000::', '3ffe:ffff::']],
  ['Teredo and others', ['2001::', '2001:2::1', '2001:20::', '2001:1ff:ffff::'], ['2001:200::']],
  ['documentation 6', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db7:ffff::', '2001:db9::']],
  ['6to4', ['2002::', '2002:7f00:1::', '2002:808:808::1'], ['2003::']],
  ['documentation 7', ['3fff::', '3fff:fff:ffff::1'], ['3ffe:ffff::', '3fff:1000::']],
  ['segment routing', ['5f00::1'], []],
  ['unique local', ['fc00::', 'fd00:ec2::254', 'fd20:ce::254', 'fdff:ffff::'], []],
  ['link-local, site-local', ['fe80::1', 'fe80::1%eth0', 'febf::', 'fec0::1', 'feff::'], []],
  ['multicast 6', ['ff00::', 'ff02::1', 'ffff::'], []],
  ['well-known servers', [], ['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111', '2a00:1450::1']],
  ['no address', ['', 'localhost', '127.1', '0x7f.1', '1.2.3', '[::1]', '%', '::1::'], []],
];

test.each(edges)('private and public are told apart at the edges of: %s', (_, inside, outside) => {
  expect(inside.filter((address) => !isPrivateAddress(address))).toEqual([]);
  expect(outside.filter(isPrivateAddress)).toEqual([]);
});

/** Ways to write the same IPv4 address that URLs take, and so resolvers and sockets did. */
const writings: ((parts: [number, number, number, number]) => string)[] = [
  (parts) => parts.join('.'),
  (parts) => `${parts.join('.')}.`,
  (parts) => parts.map((part) => `0${part.toString(8)}`).join('.'),
  (parts) => parts.map((part) => `0x${part.toString(16)}`).join('.'),
  (parts) => parts.map((part) => `0X00${part.toString(16).toUpperCase()}`).join('.'),
  ([a, b, c, d]) => `${a}.0${b.toString(8)}.0x${c.toString(16)}.${d}`,
  ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  ([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
  (parts) => String(numberOf(parts)),
  (parts) => `0${numberOf(parts).toString(8)}`,
  (parts) => `0x${numberOf(parts).toString(16)}`,
  // Digits and dots of other scripts, and percent-encoded ones.
  (parts) => parts.join('。'),
  (parts) =>
    parts.join('.').replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (parts) => parts.join('.').replace(/\d/g, (digit) => `%3${digit}`),
];

const ipv6Writings: typeof writings = [
  (parts) => `[::ffff:${parts.join('.')}]`,
  (parts) => `[0:0:0:0:0:FFFF:${groupsOf(parts)}]`,
  (parts) => `[::${parts.join('.')}]`,
  (parts) => `[64:ff9b::${parts.join('.')}]`,
  (parts) => `[0064:ff9b:0:0:0:0:${groupsOf(parts)}]`,
  (parts) => `[64:ff9b:1::${groupsOf(parts)}]`,
  (parts) => `[2002:${groupsOf(parts)}::1]`,
  (parts) => `[2001::${groupsOf(parts)}]`,
];

const numberOf = (parts: number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);
const groupsOf = ([a, b, c, d]: [number, number, number, number]) =>
  [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':');

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte);
const privateIpv4 = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
);

const refused = (host: string) => {
  const problem = checkUrl(`https://${host}/hook`, { allowPrivate: false });
  return problem === 'Must not point to a private address.';
};

test('a private IPv4 address is refused in every writing', () => {
  fc.assert(
    fc.property(privateIpv4, fc.constantFrom(...writings, ...ipv6Writings), (parts, write) => {
      expect(write(parts)).toSatisfy(refused);
    }),
    { numRuns: 2_000 },
  );
});

test('an IPv4 address is judged the same in every writing', () => {
  fc.assert(
    fc.property(ipv4, fc.constantFrom(...writings), (parts, write) => {
      expect(refused(write(parts))).toBe(isPrivateAddress(parts.join('.')));
    }),
    { numRuns: 2_000 },
  );
});

test('an IPv6 address is judged the same in every writing, and by its prefix alone', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.integer({ min: 0x2000, max: 0x3fff }), (some, first) => {
      const [, second = 0] = some;
      const isSpecial =
        (first === 0x2001 && (second < 0x200 || second === 0xdb8)) ||
        first === 0x2002 ||
        (first === 0x3fff && second < 0x1000);
      const long = [first, ...some.slice(1)].map((group) => group.toString(16).padStart(4, '0'));
      const { hostname } = new URL(`http://[${long.join(':')}]`);
      for (const address of [long.join(':'), long.join(':').toUpperCase(), hostname.slice(1, -1)])
        expect(isPrivateAddress(address)).toBe(isSpecial);
      // Only 64:ff9b:: carries what is public outside of 2000::/3.
      if (some[0]! >> 13 !== 1 && some[0] !== 0x64)
        expect(some.map((group) => group.toString(16)).join(':')).toSatisfy(isPrivateAddress);
    }),
    { numRuns: 2_000, examples: [[[1, 0xdb8, 0, 0, 0, 0, 0, 0], 0x2001]] },
  );
});
