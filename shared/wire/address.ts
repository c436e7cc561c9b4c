/**
 * Addresses between octets in network order and text. IPv6 is written as RFC 5952 has it. Where an address is kept as 16
 * octets, IPv4 is in its IPv4-mapped form (RFC 4291 2.5.5.2).
 */

export const addressBytes = 16;

const decimals: readonly string[] = Array.from({ length: 256 }, (_, octet) => String(octet));
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, octet) =>
  octet.toString(16).padStart(2, '0'),
);

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** `192.0.2.1` from the 4 octets at `at`. */
export const formatIpv4 = (bytes: Uint8Array, at: number): string =>
  `${decimals[bytes[at] ?? 0]}.${decimals[bytes[at + 1] ?? 0]}.${decimals[bytes[at + 2] ?? 0]}.${decimals[bytes[at + 3] ?? 0]}`;

/** Whether the 16 octets at `at` are an IPv4-mapped address, `::ffff:0:0/96`. */
export const isIpv4Mapped = (bytes: Uint8Array, at: number): boolean => {
  for (let i = at; i < at + 10; i++) if (bytes[i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
};

const formatGroups = (bytes: Uint8Array, at: number, from: number, to: number): string => {
  let text = '';
  for (let group = from; group < to; group++) {
    if (group > from) text += ':';
    text += u16(bytes, at + 2 * group).toString(16);
  }
  return text;
};

/** `2001:db8::1` from the 16 octets at `at` (RFC 5952 4); IPv4-mapped addresses as `::ffff:192.0.2.1` (RFC 5952 5). */
export const formatIpv6 = (bytes: Uint8Array, at: number): string => {
  if (isIpv4Mapped(bytes, at)) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  // The longest run of zero groups is shortened, the first of several; a single group is not (RFC 5952 4.2).
  let longest = 1;
  let zerosAt = -1;
  for (let group = 0, run = 0; group < 8; group++) {
    run = u16(bytes, at + 2 * group) === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      zerosAt = group - run + 1;
    }
  }
  if (zerosAt < 0) return formatGroups(bytes, at, 0, 8);
  return `${formatGroups(bytes, at, 0, zerosAt)}::${formatGroups(bytes, at, zerosAt + longest, 8)}`;
};

/** The 16 octets at `at` as people say them: IPv4-mapped ones as IPv4. */
export const formatAddress = (bytes: Uint8Array, at: number): string =>
  isIpv4Mapped(bytes, at) ? formatIpv4(bytes, at + 12) : formatIpv6(bytes, at);

/** The same for the text of an IPv6 address, as ClickHouse says it. */
export const shownAddress = (text: string): string => text.replace(/^::ffff:(?=\d+\.)/, '');

/** `00:11:22:33:44:55` from the 6 octets at `at`. */
export const formatMac = (bytes: Uint8Array, at: number): string => {
  let text = hexPairs[bytes[at] ?? 0] ?? '';
  for (let i = at + 1; i < at + 6; i++) text += `:${hexPairs[bytes[i] ?? 0]}`;
  return text;
};

/** `0x` and two digits an octet. */
export const formatHex = (bytes: Uint8Array, at: number, lengthBytes: number): string => {
  let text = '0x';
  for (let i = at; i < at + lengthBytes; i++) text += hexPairs[bytes[i] ?? 0];
  return text;
};

const parseIpv4 = (text: string, octets: Uint8Array, at: number): boolean => {
  const parts = text.split('.');
  if (parts.length !== 4) return false;
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return false;
    octets[at + i] = Number(part);
  }
  return true;
};

/**
 * The 16 octets of an address in text: IPv4 dotted (mapped), IPv6 in any form of RFC 4291 2.2. Undefined when it is no
 * address; zone ids (`%eth0`) and leading zeros in IPv4 are not taken.
 */
export const parseAddress = (text: string): Uint8Array | undefined => {
  const octets = new Uint8Array(addressBytes);
  if (!text.includes(':')) {
    octets.fill(0xff, 10, 12);
    return parseIpv4(text, octets, 12) ? octets : undefined;
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const [head, tail] = [groupsOf(halves[0]), groupsOf(halves[1])];
  const last = halves.length === 2 ? tail : head;
  const dotted = last.at(-1)?.includes('.') ? last.pop() : undefined;
  const groups = [...head, ...tail];
  const count = groups.length + (dotted === undefined ? 0 : 2);
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined;
  for (const [i, group] of groups.entries()) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const at = 2 * (i < head.length ? i : i + 8 - count);
    octets[at] = Number.parseInt(group, 16) >> 8;
    octets[at + 1] = Number.parseInt(group, 16) & 0xff;
  }
  if (dotted !== undefined && !parseIpv4(dotted, octets, 12)) return undefined;
  return octets;
};
