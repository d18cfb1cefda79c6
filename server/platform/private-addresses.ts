import { BlockList, isIP } from 'node:net';

/**
 * Which IP addresses belong to the public internet.
 *
 * From the IANA special-purpose address registries (RFC 6890), as of October 2025: every block
 * there that is not globally reachable is private here, and so are multicast and deprecated transition mechanisms,
 * whose packets end where the writer of the address likes.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const privateIpv4 = listOf('ipv4', [
  '0.0.0.0/8', // this network, RFC 791; Linux takes 0.0.0.0 for itself
  '10.0.0.0/8', // private use, RFC 1918
  '100.64.0.0/10', // shared by a carrier's customers, RFC 6598; Alibaba's metadata at 100.100.100.200
  '127.0.0.0/8', // loopback, RFC 1122
  '168.63.129.16/32', // public by its number, and the platform's own agent inside Azure
  '169.254.0.0/16', // link-local, RFC 3927; cloud metadata at 169.254.169.254
  '172.16.0.0/12', // private use, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890; Oracle's metadata at 192.0.0.192
  '192.0.2.0/24', // documentation, RFC 5737
  '192.88.99.0/24', // 6to4 relays, deprecated by RFC 7526
  '192.168.0.0/16', // private use, RFC 1918
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 1112
  '240.0.0.0/4', // reserved, RFC 1112, and the broadcast address
]);

/**
 * The only IPv6 unicast addresses that IANA has given out (RFC 4291). Outside lie loopback,
 * unspecified, IPv4-mapped and IPv4-compatible, local NAT64, discard-only, segment routing,
 * unique local (AWS metadata at fd00:ec2::254), link-local, site-local and multicast addresses, and
 * whatever is set aside next.
 */
const publicIpv6 = listOf('ipv6', ['2000::/3']);

const privateIpv6 = listOf('ipv6', [
  '2001::/23', // protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056: carries any IPv4 address
  '3fff::/20', // documentation, RFC 9637
]);

/**
 * Whether an address lies outside the public internet; true for what is no address at all.
 *
 * An IPv4 address that a network's NAT64 gateway reaches under its well-known prefix (RFC 6052) is
 * judged as that IPv4 address: from a host with IPv6 alone there is no other way to most receivers.
 *
 * @param address IPv4 or IPv6 in any form that sockets take, a zone included
 */
export function isPrivateAddress(address: string): boolean {
  const [bare = ''] = address.split('%');
  if (isIP(bare) === 4) return privateIpv4.check(bare, 'ipv4');
  if (isIP(bare) !== 6) return true;
  const translated = translatedIpv4(bare);
  if (translated !== null) return privateIpv4.check(translated, 'ipv4');
  return !publicIpv6.check(bare, 'ipv6') || privateIpv6.check(bare, 'ipv6');
}

/** The IPv4 address within 64:ff9b::/96, or null. */
function translatedIpv4(address: string): string | null {
  // The URL parser writes an IPv6 address in the one way of RFC 5952, without dotted decimals.
  const { hostname } = new URL(`http://[${address}]`);
  const match = /^\[64:ff9b::(?:(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4}))?\]$/.exec(hostname);
  if (!match) return null;
  const [high, low] = [match[1], match[2]].map((group) => Number.parseInt(group ?? '0', 16));
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join('.');
}

function listOf(family: 'ipv4' | 'ipv6', blocks: string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [network, prefix] = block.split('/');
    list.addSubnet(network!, Number(prefix), family);
  }
  return list;
}
