/**
 * Values of Information Elements as JSON has them: integers as numbers (decimal text above 2^53 - 1), addresses, MACs and times as
 * text, unknown elements and octetArray as `0x` and hex. What does not fit its type is hex too, so that nothing is lost.
 */

import type { AbstractType } from '../../shared/elements/abstract-types.ts';
import type { Element } from '../../shared/elements/registry.ts';
import { formatHex, formatIpv4, formatIpv6, formatMac } from '../../shared/wire/address.ts';
import { formatMillis, formatNtp, formatTimestamp } from '../../shared/wire/timestamp.ts';

export type FormattedValue = string | number | boolean;

// RFC 7011 6.1.6: strings are UTF-8; what is not becomes U+FFFD. A byte order mark is kept like any other character.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const formatString = (bytes: Uint8Array, at: number, lengthBytes: number): string => {
  let end = at + lengthBytes;
  while (end > at && bytes[end - 1] === 0) end--;
  return end === at ? '' : utf8.decode(bytes.subarray(at, end));
};

/** Big-endian, 1 to 8 octets; exact, so above 2^53 - 1 as text (RFC 7011 6.2: any width up to the type's own). */
const formatUnsigned = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
): number | string => {
  switch (lengthBytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    default: {
      let value = 0;
      for (let i = 0; i < lengthBytes; i++) value = value * 256 + view.getUint8(at + i);
      // Doubles are exact up to 2^53; above it the octets are read again.
      return value <= Number.MAX_SAFE_INTEGER ? value : String(BigInt(formatHex(bytes, at, lengthBytes)));
    }
  }
};

const formatSigned = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
): number | string => {
  let value = view.getInt8(at);
  for (let i = 1; i < lengthBytes; i++) value = value * 256 + view.getUint8(at + i);
  return Number.isSafeInteger(value)
    ? value
    : String(BigInt.asIntN(8 * lengthBytes, BigInt(formatHex(bytes, at, lengthBytes))));
};

/** 9 to 32 octets. */
const formatWide = (value: bigint): number | string =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);

/** JSON has no word for these: `NaN`, `Infinity` and `-Infinity` are text. */
const formatFloat = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Undefined when the length is not one that the type can have, or the value is none of the type's. */
const formatTyped = (
  type: AbstractType,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
): FormattedValue | undefined => {
  switch (type) {
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
    case 'unsigned64':
      // Wider than the type as well: devices send samplerId in 2 and 4 octets (Cisco ASR 9000, Huawei).
      return lengthBytes >= 1 && lengthBytes <= 8 ? formatUnsigned(bytes, view, at, lengthBytes) : undefined;
    case 'unsigned256':
      if (lengthBytes < 1 || lengthBytes > 32) return undefined;
      return lengthBytes <= 8
        ? formatUnsigned(bytes, view, at, lengthBytes)
        : formatWide(BigInt(formatHex(bytes, at, lengthBytes)));
    case 'signed8':
    case 'signed16':
    case 'signed32':
    case 'signed64':
      return lengthBytes >= 1 && lengthBytes <= 8 ? formatSigned(bytes, view, at, lengthBytes) : undefined;
    case 'float32':
    case 'float64':
      if (lengthBytes === 4) return formatFloat(view.getFloat32(at));
      return lengthBytes === 8 ? formatFloat(view.getFloat64(at)) : undefined;
    case 'boolean': // RFC 7011 6.1.5
      if (lengthBytes !== 1) return undefined;
      return bytes[at] === 1 ? true : bytes[at] === 2 ? false : undefined;
    case 'ipv4Address':
      return lengthBytes === 4 ? formatIpv4(bytes, at) : undefined;
    case 'ipv6Address':
      return lengthBytes === 16 ? formatIpv6(bytes, at) : undefined;
    case 'macAddress':
      return lengthBytes === 6 ? formatMac(bytes, at) : undefined;
    case 'string':
      return formatString(bytes, at, lengthBytes);
    case 'dateTimeSeconds':
      return lengthBytes === 4 ? formatTimestamp(view.getUint32(at), 0, 0) : undefined;
    case 'dateTimeMilliseconds':
      return lengthBytes === 8
        ? formatMillis(view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4))
        : undefined;
    case 'dateTimeMicroseconds':
      return lengthBytes === 8 ? formatNtp(view.getUint32(at), view.getUint32(at + 4), 6) : undefined;
    case 'dateTimeNanoseconds':
      return lengthBytes === 8 ? formatNtp(view.getUint32(at), view.getUint32(at + 4), 9) : undefined;
    default: // octetArray, and structured data (RFC 6313), which is carried as octets
      return undefined;
  }
};

/**
 * The value of `element` in `[at, at + lengthBytes)`, which the caller has made sure lies in `bytes`; `view` is over the same
 * octets. Never throws, also not for an empty field. `undefined` for the element: hex.
 */
export const formatValue = (
  element: Element | undefined,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
): FormattedValue =>
  (element?.dataType && formatTyped(element.dataType, bytes, view, at, lengthBytes)) ??
  formatHex(bytes, at, lengthBytes);

/** The same as text, as the `extra` column keeps it: `true`, `17`, `192.0.2.1`. */
export const formatValueText = (
  element: Element | undefined,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  lengthBytes: number,
): string => String(formatValue(element, bytes, view, at, lengthBytes));
