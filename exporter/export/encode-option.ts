/** Records of options on the wire. */

import { type FieldSpecifier, variableLength } from '../../shared/protocol/template.ts';
import { writeUint64 } from './compile-encoder.ts';
import type { OptionValue } from './exporter-options.ts';

const encoder = new TextEncoder();
/** Longer texts need another form of length (RFC 7011 7), and no name needs them. */
const maxTextBytes = 254;

/** The octets of a text, cut to at most `limit` between two characters. */
const textBytes = (text: string, limit: number): Uint8Array => {
  const bytes = new Uint8Array(limit);
  return bytes.subarray(0, encoder.encodeInto(text, bytes).written);
};

const valueBytes = ({ lengthBytes }: FieldSpecifier, value: OptionValue): Uint8Array => {
  if (typeof value === 'string') {
    const isVariable = lengthBytes === variableLength;
    const content = textBytes(value, isVariable ? maxTextBytes : lengthBytes);
    const bytes = new Uint8Array(isVariable ? 1 + content.length : lengthBytes);
    if (isVariable) bytes[0] = content.length;
    bytes.set(content, isVariable ? 1 : 0);
    return bytes;
  }
  const bytes = new Uint8Array(8);
  writeUint64(new DataView(bytes.buffer), 0, value);
  return bytes.subarray(8 - lengthBytes);
};

/** One record, `values` in the order of the fields: whole numbers in network order, texts with a length or filled up with zeros. */
export const encodeOption = (
  fields: readonly FieldSpecifier[],
  values: readonly OptionValue[],
): Uint8Array => {
  const parts = fields.map((field, i) => valueBytes(field, values[i] ?? 0));
  return Buffer.concat(parts);
};
