/** Reading an address where it stands in a line: a file has four a line, and millions of lines. */

const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;

/** -1: no hexadecimal digit. */
const hexValue = (code: number): number => {
  if (code >= zero && code <= 0x39) return code - zero;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

const writeIpv4 = (text: string, from: number, to: number, into: Uint8Array, at: number): boolean => {
  let octet = 0;
  let digits = 0;
  let octets = 0;
  for (let i = from; i <= to; i++) {
    const code = i === to ? dot : text.charCodeAt(i);
    if (code === dot) {
      if (digits === 0 || octet > 255 || octets === 4) return false;
      into[at + octets++] = octet;
      octet = 0;
      digits = 0;
    } else {
      const digit = code - zero;
      if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && octet === 0)) return false;
      octet = octet * 10 + digit;
      digits++;
    }
  }
  return octets === 4;
};

/** Puts zeros where `::` was, behind `gapAt` groups, so that `groups` become 8. */
const openGap = (into: Uint8Array, gapAt: number, groups: number): void => {
  const tailAt = 16 - 2 * (groups - gapAt);
  into.copyWithin(tailAt, 2 * gapAt, 2 * groups);
  into.fill(0, 2 * gapAt, tailAt);
};

const writeIpv6 = (text: string, from: number, to: number, into: Uint8Array): boolean => {
  let groups = 0;
  let gapAt = -1;
  let at = from;
  if (text.charCodeAt(at) === colon) {
    if (to - at < 2 || text.charCodeAt(at + 1) !== colon) return false;
    gapAt = 0;
    at += 2;
  }
  while (at < to) {
    const groupAt = at;
    let value = 0;
    for (let hex = 0; at < to; at++) {
      hex = hexValue(text.charCodeAt(at));
      if (hex < 0) break;
      value = (value << 4) | hex;
    }
    if (groups < 7 && at < to && text.charCodeAt(at) === dot) {
      if (!writeIpv4(text, groupAt, to, into, 2 * groups)) return false;
      groups += 2;
      break;
    }
    if (at === groupAt || at - groupAt > 4 || groups === 8) return false;
    into[2 * groups] = value >> 8;
    into[2 * groups + 1] = value & 0xff;
    groups++;
    if (at === to) break;
    if (text.charCodeAt(at++) !== colon || at === to) return false;
    if (text.charCodeAt(at) === colon) {
      if (gapAt >= 0) return false;
      gapAt = groups;
      at++;
    }
  }
  if (gapAt < 0) return groups === 8;
  if (groups > 7) return false;
  openGap(into, gapAt, groups);
  return true;
};

/**
 * Writes the address that is `text` from `from` up to `to` as 16 octets, IPv4 mapped. Takes what `parseAddress` takes.
 *
 * @returns its family; 0: it is no address, and what is in `into` means nothing.
 */
export const writeAddress = (text: string, from: number, to: number, into: Uint8Array): 4 | 6 | 0 => {
  // The first colon of an IPv6 address is behind four digits at most.
  for (let i = from; i < to && i < from + 5; i++)
    if (text.charCodeAt(i) === colon) return writeIpv6(text, from, to, into) ? 6 : 0;
  into.fill(0, 0, 10);
  into[10] = 0xff;
  into[11] = 0xff;
  return writeIpv4(text, from, to, into, 12) ? 4 : 0;
};
