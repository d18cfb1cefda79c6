/**
 * People who do not exist, with devices at addresses that nobody has: RFC 5737 and RFC 3849 keep those
 * for documentation, RFC 2606 the names under example.com.
 */
import type { Subject } from '../auth-sessions/record.ts';
import { Random } from './random.ts';

const firstNames =
  'Ada Alan Amara Aylin Barbara Chen Claude Dana Edsger Emmy Fatima Frances Grace Hedy Ines Ivan Jamal Joan Kaito Katherine Lena Linus Lotte Maria Mei Mina Niklaus Noor Olga Omar Paula Priya Radia Ravi Rosa Sofia Tariq Tomas Yuki Zofia'.split(
    ' ',
  );
const lastNames =
  'Abe Almeida Becker Berg Bianchi Chowdhury Costa Dubois Eriksen Farah Fischer Garcia Gruber Haddad Hansen Ito Ivanova Jansen Kaya Keller Kim Kowalski Lang Laurent Li Lindqvist Lopez Marin Mehta Meyer Moreau Nakamura Novak Okafor Olsen Papadakis Patel Petrov Reyes Rossi Sato Schmid Silva Singh Svensson Tanaka Torres Vogel Wagner Weber'.split(
    ' ',
  );

const browsers = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
];
const phones = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0',
];

/** Of servers: each key is used from one address, by one program. */
const programs = ['node', 'Go-http-client/2.0', 'python-httpx/0.28.1', 'okhttp/5.1.0'];

const documentationNetworks = ['192.0.2', '198.51.100', '203.0.113'];

export interface Device {
  ip: string;
  userAgent: string;
}

export interface Person {
  subject: Omit<Subject, 'provider'>;
  /** Which waits for the sign-in. */
  browser: Device;
  /** Which confirms it. */
  phone: Device;
}

/** The person with this number, from 0: always the same one, whatever the seed. */
export function personOf(number: number): Person {
  const first = firstNames[number % firstNames.length]!;
  const last = lastNames[Math.floor(number * 7.3) % lastNames.length]!;
  const username = `${first}.${last}.${number + 1}`.toLowerCase();
  const email = `${username}@example.com`;
  const home = addressOf(number);
  return {
    subject: { id: `user-${number + 1}`, name: `${first} ${last}`, username, email },
    browser: { ip: home, userAgent: browsers[number % browsers.length]! },
    phone: { ip: home, userAgent: phones[number % phones.length]! },
  };
}

/** From where this key is used. */
export function serverOf(keyId: string): Device {
  const random = new Random(keyId);
  return { ip: addressOf(random.below(700)), userAgent: random.pick(programs) };
}

function addressOf(number: number): string {
  if (number % 5 === 4) return `2001:db8:${(number % 65_521).toString(16)}::${1 + (number % 9)}`;
  const network = documentationNetworks[number % documentationNetworks.length]!;
  return `${network}.${1 + (number % 251)}`;
}
