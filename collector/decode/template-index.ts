/** The fields of a Template with their place in the record, found by element, and which of them have gone to a column. */

import { type FieldSpecifier, type Template, variableLength } from '../../shared/protocol/template.ts';
import type { FindAnnounced } from './announced-elements.ts';
import { elementKey, ownElementKey } from './element-key.ts';

export interface PlacedField extends FieldSpecifier {
  /** Position in the Template. */
  readonly field: number;
  /** Octets before it in a record; meaningless behind a variable-length field. */
  readonly offset: number;
  /** Which occurrence of its element this is, from 0. */
  readonly occurrence: number;
}

export interface TemplateIndex {
  readonly fields: readonly PlacedField[];
  /** The first occurrence of an element; scope fields are not found. */
  find(key: number): PlacedField | undefined;
  consume(placed: PlacedField): PlacedField;
  /** Fields that no column took, in wire order; without padding and fields of no length. */
  unconsumed(): readonly PlacedField[];
}

const paddingOctets = 210;

export const makeTemplateIndex = (template: Template, findAnnounced: FindAnnounced): TemplateIndex => {
  const byKey = new Map<number, PlacedField>();
  const occurrences = new Map<number, number>();
  const consumed = new Set<number>();
  let offset = 0;
  const fields = template.fields.map((specifier, field) => {
    const key = elementKey(template.version, specifier);
    const occurrence = occurrences.get(key) ?? 0;
    occurrences.set(key, occurrence + 1);
    const placed = { ...specifier, field, offset, occurrence };
    offset += specifier.lengthBytes === variableLength ? 1 : specifier.lengthBytes;
    if (occurrence > 0 || field < template.scopeCount || specifier.lengthBytes === 0) return placed;
    byKey.set(key, placed);
    const own = specifier.pen === 0 ? undefined : ownElementKey(findAnnounced(specifier.pen, specifier.id));
    if (own !== undefined && !byKey.has(own)) byKey.set(own, placed);
    return placed;
  });
  return {
    fields,
    find: (key) => byKey.get(key),
    consume: (placed) => {
      consumed.add(placed.field);
      return placed;
    },
    unconsumed: () =>
      fields.filter(
        (f) => !consumed.has(f.field) && f.lengthBytes > 0 && !(f.pen === 0 && f.id === paddingOctets),
      ),
  };
};
