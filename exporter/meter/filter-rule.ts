/**
 * Rules as operators write them: terms that must all hold, joined by spaces or commas.
 *
 *     addr CIDR   src CIDR   dst CIDR            an address, of either end or of one; a CIDR alone is `addr`
 *     port N-M    src-port N   dst-port N        of TCP, UDP, UDP-Lite, SCTP and DCCP
 *     proto NAME                                 or its number; the name alone is enough
 *     zone N      mark N[/MASK]                  of conntrack; a mark may be hexadecimal
 *     nat         loopback         any
 *     not TERM
 */

import { ConfigError } from '../../shared/service/config-error.ts';
import { isIpv4Mapped, parseAddress } from '../../shared/wire/address.ts';

export interface FilterRule {
  readonly verdict: 'accept' | 'deny';
  readonly text: string;
}

export interface Network {
  readonly family: 4 | 6;
  /** 16, IPv4 mapped; what is behind the prefix says nothing. */
  readonly octets: Uint8Array;
  /** Of the 16 octets: 96 more than IPv4 has. */
  readonly prefixLength: number;
}

export type FlowEnd = 'either' | 'source' | 'destination';

/** `mark` holds when the bits of `mask` are those of `mark`; ports are from `first` to `last`, both included. */
export type Condition =
  | { readonly kind: 'address'; readonly end: FlowEnd; readonly network: Network }
  | { readonly kind: 'port'; readonly end: FlowEnd; readonly first: number; readonly last: number }
  | { readonly kind: 'protocol'; readonly protocol: number }
  | { readonly kind: 'zone'; readonly zone: number }
  | { readonly kind: 'mark'; readonly mark: number; readonly mask: number }
  | { readonly kind: 'nat' | 'loopback' | 'any' };

export interface FilterTerm {
  readonly negated: boolean;
  readonly condition: Condition;
}

/** As people call them; numbers are IANA's. */
const protocols: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['dccp', 33],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmp6', 58],
  ['icmpv6', 58],
  ['sctp', 132],
  ['udplite', 136],
]);

/** Decimal, or hexadecimal with 0x; undefined when it is neither, or above `most`. */
const parseNumber = (text: string, most: number): number | undefined => {
  const value = /^(?:\d+|0x[0-9a-f]+)$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : undefined;
};

const parseNetwork = (text: string): Network | undefined => {
  const [host = '', length, ...more] = text.split('/');
  const octets = parseAddress(host);
  if (octets === undefined || more.length > 0) return undefined;
  const shift = host.includes(':') ? 0 : 96;
  const prefixLength = shift + (length === undefined ? 128 - shift : Number(length));
  if ((length !== undefined && !/^\d{1,3}$/.test(length)) || prefixLength > 128) return undefined;
  // A mapped network is read as the IPv4 network that it means; above it, ::/0 for one, only IPv6 is meant.
  const family = prefixLength >= 96 && isIpv4Mapped(octets, 0) ? 4 : 6;
  return { family, octets, prefixLength };
};

/** How the word behind a word is read; `form` is what could stand there. */
interface Reader {
  readonly form: string;
  readonly read: (value: string) => Condition | undefined;
}

const addressReader = (end: FlowEnd): Reader => ({
  form: 'an address or network, such as 192.0.2.0/24 or 2001:db8::/32',
  read: (value) => {
    const network = parseNetwork(value);
    return network && { kind: 'address', end, network };
  },
});

const portReader = (end: FlowEnd): Reader => ({
  form: 'a port or range of ports up to 65535, such as 53 or 8000-8999',
  read: (value) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value);
    if (match === null) return undefined;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    return first <= last && last <= 0xffff ? { kind: 'port', end, first, last } : undefined;
  },
});

const readProtocol = (value: string): Condition | undefined => {
  const protocol = protocols.get(value) ?? parseNumber(value, 0xff);
  return protocol === undefined ? undefined : { kind: 'protocol', protocol };
};

const readZone = (value: string): Condition | undefined => {
  const zone = parseNumber(value, 0xffff);
  return zone === undefined ? undefined : { kind: 'zone', zone };
};

const readMark = (value: string): Condition | undefined => {
  const [text = '', maskText = '0xffffffff', ...more] = value.split('/');
  const [mark, mask] = [parseNumber(text, 0xffffffff), parseNumber(maskText, 0xffffffff)];
  if (mark === undefined || mask === undefined || more.length > 0) return undefined;
  // A bit outside the mask could never be found: a slip of the pen.
  return (mark & ~mask) === 0 ? { kind: 'mark', mark, mask } : undefined;
};

const readers: ReadonlyMap<string, Reader> = new Map([
  ['addr', addressReader('either')],
  ['src', addressReader('source')],
  ['dst', addressReader('destination')],
  ['port', portReader('either')],
  ['src-port', portReader('source')],
  ['dst-port', portReader('destination')],
  [
    'proto',
    {
      form: `a protocol: ${[...protocols.keys()].join(', ')}, or a number up to 255`,
      read: readProtocol,
    },
  ],
  ['zone', { form: 'a number up to 65535', read: readZone }],
  ['mark', { form: 'a mark, such as 0x10 or 0x10/0xf0, without bits outside its mask', read: readMark }],
]);

const flags: ReadonlyMap<string, Condition> = new Map([
  ['nat', { kind: 'nat' }],
  ['loopback', { kind: 'loopback' }],
  ['any', { kind: 'any' }],
]);

const vocabulary = `${[...readers.keys(), ...flags.keys(), 'not'].join(', ')}, an address or network, or a protocol's name`;

/** A word that stands alone. @throws ConfigError */
const readAlone = (word: string): Condition => {
  const flag = flags.get(word);
  if (flag) return flag;
  const protocol = protocols.get(word);
  if (protocol !== undefined) return { kind: 'protocol', protocol };
  const network = parseNetwork(word);
  if (network) return { kind: 'address', end: 'either', network };
  if (/^\d/.test(word) && !/[.:/]/.test(word))
    throw new ConfigError(
      `${word} needs a word before it, such as port ${word}; each port takes its own rule`,
    );
  throw new ConfigError(`${word} is not known; there could be ${vocabulary}`);
};

/** @throws ConfigError, in words about the rule: which word is wrong, and what could stand there. */
export const parseFilterRule = (text: string): readonly FilterTerm[] => {
  const words = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const terms: FilterTerm[] = [];
  let at = 0;
  do {
    let negated = false;
    for (; words[at] === 'not'; at++) negated = !negated;
    const word = words[at++];
    if (word === undefined) throw new ConfigError(`a term is missing; there could be ${vocabulary}`);
    const reader = readers.get(word);
    if (reader === undefined) {
      terms.push({ negated, condition: readAlone(word) });
      continue;
    }
    const value = words[at++];
    if (value === undefined) throw new ConfigError(`behind ${word} there must be ${reader.form}`);
    const condition = reader.read(value);
    if (condition === undefined) throw new ConfigError(`${value} behind ${word} is not ${reader.form}`);
    terms.push({ negated, condition });
  } while (at < words.length);
  return terms;
};
