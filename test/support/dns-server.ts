import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { afterAll } from 'vitest';

/** `null` is silence, and no address says that the name is unknown. */
type DnsAnswer = string[] | 'SERVFAIL' | null;

/** What names answer, in turn; the last answer stays. */
export type DnsAnswers = Record<string, DnsAnswer[]>;

/** A DNS server of our own: where it listens, and how often it was asked for each name's IPv4 address. */
export async function startDnsServer(answers: DnsAnswers) {
  const asked: Record<string, number> = {};
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query);
    const isIpv4 = query.readUInt16BE(end) === 1;
    const given = answers[name] ?? [[]];
    // Both questions are answered alike, by the turn of the first.
    const turn = isIpv4 ? (asked[name] ?? 0) : Math.max(0, (asked[name] ?? 0) - 1);
    if (isIpv4) asked[name] = turn + 1;
    const answer = given[Math.min(turn, given.length - 1)]!;
    if (answer) socket.send(reply(query, end, answer, isIpv4), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  afterAll(() => socket.close());
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (query[at]! > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    at += 1 + query[at]!;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** RFC 1035, section 4.1. */
function reply(
  query: Buffer,
  nameEnd: number,
  answer: string[] | 'SERVFAIL',
  isIpv4: boolean,
): Buffer {
  const addresses = answer === 'SERVFAIL' ? [] : answer;
  const failure = answer === 'SERVFAIL' ? 2 : 3;
  const records = addresses
    .filter((address) => isIPv6(address) !== isIpv4)
    .map((address) => {
      const bytes = bytesOf(address);
      const head = Buffer.from([0xc0, 12, 0, isIpv4 ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
      return Buffer.concat([head, bytes]);
    });
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 + (addresses.length > 0 ? 0 : failure), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, nameEnd + 4), ...records]);
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - left!.length - right!.length).fill('0');
  const groups = [...left!, ...zeros, ...right!];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
