/**
 * Attributes of netlink (struct nlattr): a header in the byte order of the machine, and a value. They begin at multiples of four
 * octets, counted from the first; the padding of the last one may be missing.
 *
 *     nla_len u16, with these four octets | nla_type u16 || value
 */

import { isLittleEndian } from './netlink-message.ts';

export const attributeHeaderBytes = 4;
/** Bits NLA_F_NESTED and NLA_F_NET_BYTEORDER are no part of the type. */
const typeMask = 0x3fff;

/** Where the attribute at `at` ends, without its padding; -1: its length is wrong. */
export const findAttributeEnd = (view: DataView, at: number, end: number): number => {
  if (end - at < attributeHeaderBytes) return -1;
  const length = view.getUint16(at, isLittleEndian);
  return length < attributeHeaderBytes || length > end - at ? -1 : at + length;
};

export const readAttributeType = (view: DataView, at: number): number =>
  view.getUint16(at + 2, isLittleEndian) & typeMask;

export const findNextAttribute = (at: number, attributeEnd: number): number =>
  at + ((attributeEnd - at + 3) & ~3);
