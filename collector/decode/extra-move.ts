/** Elements without a column go to the row's `extra` map as text. Only Templates that have such elements pay for it. */

import { type Element, findElement } from '../../shared/elements/registry.ts';
import type { Template } from '../../shared/protocol/template.ts';
import type { ListColumn } from '../store/column-batch.ts';
import type { FindAnnounced } from './announced-elements.ts';
import { formatValue } from './format-value.ts';
import { knownElement } from './known-element.ts';
import type { DataRecords } from './record-sink.ts';
import type { PlacedField } from './template-index.ts';

export interface ExtraField {
  readonly field: number;
  readonly key: string;
  readonly element: Element | undefined;
  /** The key is a plain name of the registry, of which there are only so many. */
  readonly isNamed: boolean;
}

/** `name`, `pen.name` where it was announced, or `pen.id` (`v9.id`) where there is no name; from the second occurrence on with `#2`, `#3` ... */
const keyOf = (template: Template, placed: PlacedField, element: Element | undefined): string => {
  const unnamed = template.version === 9 ? `v9.${placed.id}` : `${placed.pen}.${placed.id}`;
  const name = element?.name || unnamed;
  return placed.occurrence === 0 ? name : `${name}#${placed.occurrence + 1}`;
};

export const makeExtraField = (
  template: Template,
  placed: PlacedField,
  findAnnounced: FindAnnounced,
): ExtraField => {
  const { version } = template;
  const { pen, id } = placed;
  const element = knownElement(version, pen, id, findAnnounced);
  const isNamed = findElement(version, pen, id) !== undefined && placed.occurrence === 0;
  return { field: placed.field, key: keyOf(template, placed, element), element, isNamed };
};

/** Appends the fields of each record to the map of its row; empty values are left out. */
export const writeExtra = (
  list: ListColumn,
  row: number,
  fields: readonly ExtraField[],
  records: DataRecords,
): void => {
  const { bytes, view, count } = records;
  const { offsets, lengths, fieldCount } = records.scan();
  for (let i = 0; i < count; i++) {
    list.padTo(row + i);
    for (const { field, key, element } of fields) {
      const at = offsets[i * fieldCount + field] ?? 0;
      const lengthBytes = lengths[i * fieldCount + field] ?? 0;
      if (lengthBytes === 0) continue;
      const value = formatValue(element, bytes, view, at, lengthBytes);
      if (value === '') continue;
      list.keys.writeString(key);
      list.values.writeString(String(value));
      list.items++;
    }
  }
};
