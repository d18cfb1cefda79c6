import { isIPv6 } from 'node:net';

/**
 * What counts as one network: an IPv4 address; of IPv6 the first 64 bits, as one household has
 * that many addresses to choose from. Requests without an address share the network "unknown".
 */
export function networkOf(ip: string | null): string {
  if (ip === null) return 'unknown';
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(ip)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('%', 1)[0]!.split('::');
  const groups = head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    const given = groups.length + after.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array<string>(Math.max(0, 8 - given)).fill('0'), ...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':');
}
