/** A list of known-bad addresses and networks, as feeds have them. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { addressBytes, isIpv4Mapped, parseAddress } from '../../shared/wire/address.ts';
import { formatNetwork, type Network, parseNetwork } from '../../shared/wire/network.ts';

export interface Listed {
  /** As it stands in the list: `203.0.113.0/24`. */
  readonly entry: string;
  readonly label: string;
}

export interface ContactList {
  readonly entries: number;
  /** The most specific entry that has the address, which is as the columns have it, or as people write it. */
  readonly find: (address: string) => Listed | undefined;
  /** A condition that `column` is in the list, with the parameters of it. */
  readonly params: Readonly<Record<string, string>>;
  readonly isListed: (column: string) => string;
}

export const countEntries = ({ entries }: Pick<ContactList, 'entries'>): string =>
  `${entries} ${entries === 1 ? 'entry' : 'entries'}`;

const maxNamedProblems = 5;

/** RFC 4180 2.7. */
const unquote = (field: string): string =>
  /^".*"$/.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field;

/** `address,label`; `network ; label` and `address label`, too. Undefined: nothing but a comment. */
const splitLine = (line: string): readonly [address: string, label: string] | undefined => {
  const text = line.replace(/^\s*[;#].*$|\s#.*$/, '').trim();
  if (text === '') return undefined;
  const [, address = '', label = ''] = /^"?([^\s,;"]+)"?\s*[,;]?\s*(.*)$/.exec(text) ?? [];
  return [address, unquote(label).trim()];
};

const keyOf = (octets: Uint8Array, prefixBits: number): string => {
  const masked = Buffer.from(octets.subarray(0, Math.ceil(prefixBits / 8)));
  const rest = prefixBits % 8;
  if (rest > 0) masked[masked.length - 1] = (masked[masked.length - 1] as number) & ~(0xff >> rest);
  return masked.toString('latin1');
};

/**
 * Prefixes are asked for by their length, so they are cut into such of every fourth length: of 19 bits, say, two of 20.
 * Octets of all addresses of a length one after the other, 4 an IPv4 address and 16 an IPv6 address.
 */
const packNetworks = (networks: readonly Network[]): Map<string, Uint8Array[]> => {
  const packed = new Map<string, Uint8Array[]>();
  for (const { octets, prefixBits } of networks) {
    const bits = Math.ceil(prefixBits / 4) * 4;
    const isV4 = isIpv4Mapped(octets, 0) && prefixBits >= 96;
    const key = `${isV4 ? 'v4' : 'v6'}_${bits}`;
    const list = packed.get(key) ?? [];
    packed.set(key, list);
    for (let part = 0; part < 2 ** (bits - prefixBits); part++) {
      const cut = Uint8Array.from(octets);
      const at = Math.floor((bits - 1) / 8);
      // A step of four bits ends in the middle of an octet or at its end, and never crosses it.
      if (bits > prefixBits) cut[at] = (cut[at] as number) | (part << (8 * (at + 1) - bits));
      list.push(isV4 ? cut.subarray(12) : cut);
    }
  }
  return packed;
};

/** A value of a form has an end: 128 KiB. */
const pieceBytes = 90_000;

const buildCondition = (networks: readonly Network[]): Pick<ContactList, 'params' | 'isListed'> => {
  const params: Record<string, string> = {};
  const sets: { bits: number; sql: string }[] = [];
  for (const [key, addresses] of packNetworks(networks)) {
    const bytes = Buffer.concat(addresses);
    const names: string[] = [];
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const name = `list_${key}_${names.length}`;
      params[name] = bytes.subarray(at, at + pieceBytes).toString('base64');
      names.push(`base64Decode({${name}:String})`);
    }
    const width = key.startsWith('v4') ? 4 : addressBytes;
    const octets = names.length > 1 ? `concat(${names.join(', ')})` : names.join('');
    const cut = `substring(octets, ${width} * i + 1, ${width})`;
    const address =
      width === 4
        ? `toIPv6(IPv4NumToString(reinterpretAsUInt32(reverse(${cut}))))`
        : `toIPv6(IPv6NumToString(toFixedString(${cut}, ${addressBytes})))`;
    sets.push({
      bits: Number(key.slice(3)),
      sql: `(SELECT arrayJoin(arrayMap(i -> ${address}, range(intDiv(length(octets), ${width})))) FROM (SELECT ${octets} AS octets))`,
    });
  }
  const isListed = (column: string): string =>
    `(${sets.map(({ bits, sql }) => `${bits === 128 ? column : `IPv6CIDRToRange(${column}, ${bits}).1`} IN ${sql}`).join(' OR ')})`;
  return { params, isListed };
};

/** Throws ConfigError with the lines that are no addresses; `name` is that of the file. */
export const parseContactList = (name: string, text: string): ContactList => {
  const byLength = new Map<number, Map<string, Listed>>();
  const networks: Network[] = [];
  const problems: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [address, label] = splitLine(line) ?? [];
    if (address === undefined || label === undefined) continue;
    const network = parseNetwork(address);
    if (network === undefined) problems.push(`${name}:${i + 1}: ${address}: not an address or a network`);
    else if (network.prefixBits === 0 || (network.prefixBits === 96 && isIpv4Mapped(network.octets, 0)))
      problems.push(`${name}:${i + 1}: ${address}: that is everybody`);
    else {
      const same = byLength.get(network.prefixBits) ?? new Map<string, Listed>();
      byLength.set(network.prefixBits, same);
      const key = keyOf(network.octets, network.prefixBits);
      if (!same.has(key)) networks.push(network);
      same.set(key, { entry: formatNetwork(network), label });
    }
  }
  if (problems.length > maxNamedProblems)
    problems.splice(
      maxNamedProblems,
      Number.POSITIVE_INFINITY,
      `and ${problems.length - maxNamedProblems} more such lines`,
    );
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  if (networks.length === 0) throw new ConfigError(`--list ${name}: there is no address in it`);
  const lengths = [...byLength.keys()].sort((a, b) => b - a);
  const find = (shown: string): Listed | undefined => {
    const octets = parseAddress(shown);
    if (octets === undefined) return undefined;
    for (const bits of lengths) {
      const found = byLength.get(bits)?.get(keyOf(octets, bits));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return { entries: networks.length, find, ...buildCondition(networks) };
};
