/** The encoder of a record: one call a field, nothing decided anew for each record. */

import type { FlowRecord } from '../meter/flow-record.ts';

/**
 * Writes one field of `record` at `at`, in network order. Each is a function of its own with the name of what it reads in it: one
 * that gets the name as a value costs twice as much, since the engine then looks for the place of each value in the record.
 */
export type FieldWriter = (view: DataView, at: number, record: FlowRecord) => void;

export interface EncodedField {
  readonly lengthBytes: number;
  readonly write: FieldWriter;
}

const twoTo32 = 2 ** 32;

/** A whole number from 0 to 2^53 in 8 octets, without a BigInt. */
export const writeUint64 = (view: DataView, at: number, value: number): void => {
  view.setUint32(at, value < twoTo32 ? 0 : Math.floor(value / twoTo32));
  view.setUint32(at + 4, value >>> 0);
};

/** Microseconds as whole milliseconds since 1970 (dateTimeMilliseconds, RFC 7011 6.1.8). */
export const writeMilliseconds = (view: DataView, at: number, micros: number): void =>
  writeUint64(view, at, Math.floor(micros / 1000));

/** The four octets of the address `word` words into its 16. */
const writeAddressWord = (view: DataView, at: number, address: Uint8Array, word: number): void => {
  const from = 4 * word;
  view.setUint32(
    at,
    ((address[from] ?? 0) << 24) |
      ((address[from + 1] ?? 0) << 16) |
      ((address[from + 2] ?? 0) << 8) |
      (address[from + 3] ?? 0),
  );
};

/** The last four of the 16 octets: the address is IPv4 mapped. */
export const writeIpv4 = (view: DataView, at: number, address: Uint8Array): void =>
  writeAddressWord(view, at, address, 3);

export const writeIpv6 = (view: DataView, at: number, address: Uint8Array): void => {
  for (let word = 0; word < 4; word++) writeAddressWord(view, at + 4 * word, address, word);
};

const fixedText = Buffer.alloc(64);

/** A text cut to `lengthBytes` (a multiple of 4, at most 64) between two characters, and filled up with zeros. */
export const writeFixedText = (view: DataView, at: number, lengthBytes: number, text: string): void => {
  fixedText.fill(0, 0, lengthBytes).write(text, 0, lengthBytes);
  for (let i = 0; i < lengthBytes; i += 4) view.setUint32(at + i, fixedText.readUInt32BE(i));
};

/** Writes a whole record at `at`; the caller has made sure that there is room. */
export const compileEncoder = (fields: readonly EncodedField[]): FieldWriter => {
  const writers = fields.map((field) => field.write);
  const offsets = fields.map((_, i) => fields.slice(0, i).reduce((sum, f) => sum + f.lengthBytes, 0));
  const { length } = writers;
  return (view, at, record) => {
    for (let i = 0; i < length; i++) (writers[i] as FieldWriter)(view, at + (offsets[i] as number), record);
  };
};
