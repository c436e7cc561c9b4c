/** Information Element type records (RFC 5610 3): options data that tells what elements of enterprises are. */

import { type AbstractType, abstractTypes } from '../../shared/elements/abstract-types.ts';
import { findElement, reversePen } from '../../shared/elements/registry.ts';
import type { Template } from '../../shared/protocol/template.ts';
import { readUint } from '../../shared/wire/read-uint.ts';
import { announcedNameLength } from './limits.ts';
import type { ObservationDomain } from './observation-domain.ts';
import type { DataRecords } from './record-sink.ts';

const parts = {
  enterprise: 346,
  element: 303,
  dataType: 339,
  name: 341,
} as const;

const typeOfCode: ReadonlyMap<number, AbstractType> = new Map(
  Object.entries(abstractTypes).map(([type, code]) => [code, type as AbstractType]),
);

/** Where in the Template an element of IANA's is; -1: nowhere. */
const positionOf = ({ fields }: Template, wanted: number): number =>
  fields.findIndex(({ pen, id }) => pen === 0 && id === wanted);

/**
 * Letters, digits, `_` and `-` of the octets, so many of them at most. Digits alone are no name: another element has that number.
 * All of them are single octets of UTF-8, and none of them is part of another character.
 */
const cleanName = (bytes: Uint8Array, at: number, lengthBytes: number): string => {
  let name = '';
  for (let i = at; i < at + lengthBytes && name.length < announcedNameLength; i++) {
    const character = String.fromCharCode(bytes[i] ?? 0);
    if (/[A-Za-z0-9_-]/.test(character)) name += character;
  }
  return /^\d+$/.test(name) ? '' : name;
};

/**
 * Whether the element may be told of: IANA's and their reverse ones (RFC 5610 3.9, RFC 5103 6.1) may not, and what the registry knows
 * stands. Of some it has the name only.
 */
const isOpen = (pen: number, id: number): boolean =>
  pen > 0 && pen <= 0xffffffff && pen !== reversePen && findElement(10, pen, id)?.dataType === undefined;

/** Learns what the records announce; other options data than that is passed over. */
export const learnElements = (records: DataRecords, domain: ObservationDomain): void => {
  const { template, bytes, view, count } = records;
  // NetFlow v9 has no elements of enterprises.
  if (template.version !== 10) return;
  const [enterprise, element, dataType, name] = [
    positionOf(template, parts.enterprise),
    positionOf(template, parts.element),
    positionOf(template, parts.dataType),
    positionOf(template, parts.name),
  ];
  if (enterprise < 0 || element < 0 || (dataType < 0 && name < 0)) return;
  const { offsets, lengths, fieldCount } = records.scan();
  for (let base = 0; base < count * fieldCount; base += fieldCount) {
    const read = (field: number): number => {
      const lengthBytes = lengths[base + field] ?? 0;
      return lengthBytes > 8 ? 0 : readUint(view, offsets[base + field] ?? 0, lengthBytes);
    };
    const pen = read(enterprise);
    // RFC 5610 3.9: the enterprise bit of the number is ignored.
    const id = read(element) % 0x8000;
    if (!isOpen(pen, id)) continue;
    domain.announce({
      pen,
      id,
      dataType: dataType < 0 ? undefined : typeOfCode.get(read(dataType)),
      name: name < 0 ? '' : cleanName(bytes, offsets[base + name] ?? 0, lengths[base + name] ?? 0),
    });
  }
};
