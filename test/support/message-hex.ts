/** Messages from hex text: headers, Sets and records are laid out as the RFCs draw them; only lengths are worked out. */

import { hexBytes, joinBytes } from './capture-builder.ts';

const be = (value: number | bigint, octets: number): string =>
  BigInt.asUintN(8 * octets, BigInt(value))
    .toString(16)
    .padStart(2 * octets, '0');

export const u8 = (value: number): string => be(value, 1);
export const u16 = (value: number): string => be(value, 2);
export const u32 = (value: number): string => be(value, 4);
export const u64 = (value: number | bigint): string => be(value, 8);

/** 2024-02-29T12:02:08Z, the export time of all Messages that say no other. */
export const exportSeconds = 0x65e07240;

/** A Set with its header; the length counts both. */
export const set = (id: number, ...records: readonly string[]): Uint8Array => {
  const body = hexBytes(records.join(''));
  return joinBytes(hexBytes(u16(id) + u16(4 + body.length)), body);
};

/** A Field Specifier `[id, length]`, or `[id, length, enterprise number]`. */
export type Specifier = readonly [id: number, lengthBytes: number, pen?: number];

const specifiers = (fields: readonly Specifier[]): string =>
  fields
    .map(([id, length, pen]) =>
      pen === undefined ? u16(id) + u16(length) : u16(id | 0x8000) + u16(length) + u32(pen),
    )
    .join('');

/** A Template Record (RFC 7011 3.4.1, RFC 3954 5.2). */
export const templateRecord = (id: number, fields: readonly Specifier[]): string =>
  u16(id) + u16(fields.length) + specifiers(fields);

/** An Options Template Record of IPFIX (RFC 7011 3.4.2.2). */
export const optionsRecord = (
  id: number,
  scope: readonly Specifier[],
  fields: readonly Specifier[],
): string =>
  u16(id) + u16(scope.length + fields.length) + u16(scope.length) + specifiers([...scope, ...fields]);

/** An Options Template Record of NetFlow v9 (RFC 3954 6.1): lengths in octets, scope types instead of elements. */
export const optionsRecord9 = (
  id: number,
  scope: readonly Specifier[],
  fields: readonly Specifier[],
): string => u16(id) + u16(4 * scope.length) + u16(4 * fields.length) + specifiers([...scope, ...fields]);

export interface HeaderValues {
  readonly sequence?: number;
  readonly domain?: number;
  readonly seconds?: number;
  readonly uptimeMs?: number;
  readonly count?: number;
}

export const ipfix = (header: HeaderValues, ...sets: readonly Uint8Array[]): Uint8Array => {
  const body = joinBytes(...sets);
  const { sequence = 0, domain = 7, seconds = exportSeconds } = header;
  return joinBytes(
    hexBytes(`000a ${u16(16 + body.length)} ${u32(seconds)} ${u32(sequence)} ${u32(domain)}`),
    body,
  );
};

export const netflow9 = (header: HeaderValues, ...sets: readonly Uint8Array[]): Uint8Array => {
  const {
    sequence = 0,
    domain = 7,
    seconds = exportSeconds,
    uptimeMs = 0x1000,
    count = sets.length,
  } = header;
  return joinBytes(
    hexBytes(`0009 ${u16(count)} ${u32(uptimeMs)} ${u32(seconds)} ${u32(sequence)} ${u32(domain)}`),
    ...sets,
  );
};

export interface Netflow5Values extends HeaderValues {
  readonly nanos?: number;
  /** Engine type * 256 + engine id. */
  readonly engine?: number;
  readonly sampling?: number;
}

export const netflow5 = (header: Netflow5Values, ...records: readonly string[]): Uint8Array => {
  const { sequence = 0, seconds = exportSeconds, uptimeMs = 0x1000, count = records.length } = header;
  const { nanos = 0, engine = 0, sampling = 0 } = header;
  return hexBytes(
    `0005 ${u16(count)} ${u32(uptimeMs)} ${u32(seconds)} ${u32(nanos)} ${u32(sequence)} ${u16(engine)} ${u16(sampling)}` +
      records.join(''),
  );
};

/** A NetFlow v5 record of 48 octets: TCP from 192.0.2.1:50000 to 192.0.2.100:80. */
export const netflow5Record = (first = 0x0800, last = 0x0c00): string =>
  `c0000201 c0000264 c00002fe 0001 0002 00000003 00000100 ${u32(first)} ${u32(last)}
   c350 0050 00 12 06 08 fde8 fde9 18 10 0000`;
