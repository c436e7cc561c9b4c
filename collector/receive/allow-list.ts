/** `--allow CIDR`: which source addresses may send. */

import ipaddr from 'ipaddr.js';
import { ConfigError } from '../../shared/service/config-error.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

export type AllowList = (address: Address) => boolean;

/** ipaddr.js reads 010.1 as octal and 10.1 as 10.0.0.1; in a list that lets strangers in or out neither is what was meant. */
const isPlain = (text: string): boolean =>
  text.includes(':') || /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text);

const parseNetwork = (text: string): Network | null => {
  const slash = text.lastIndexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  if (!isPlain(host) || !ipaddr.isValid(host)) return null;
  const address = ipaddr.parse(host);
  const widthBits = address.kind() === 'ipv4' ? 32 : 128;
  const bits = slash < 0 ? widthBits : Number(text.slice(slash + 1));
  if (slash >= 0 && !/^\d{1,3}$/.test(text.slice(slash + 1))) return null;
  if (bits > widthBits) return null;
  // Sources are compared in their IPv4 form, so a mapped network is read as the IPv4 network that it means.
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
};

/** An empty list allows everybody. Throws one ConfigError that names every entry that is no address or network. */
export const parseAllowList = (texts: readonly string[]): AllowList => {
  const networks: Network[] = [];
  const problems: string[] = [];
  for (const text of texts) {
    const network = parseNetwork(text.trim());
    if (network === null)
      problems.push(`--allow ${text}: not an address or network, such as 192.0.2.0/24 or 2001:db8::/32`);
    else networks.push(network);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  if (networks.length === 0) return () => true;
  return (address) =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match([network, bits]));
};
