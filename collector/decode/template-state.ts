/** Templates of a domain as they are saved: each once and by number, so that tables which share one share it again. */

import { type FieldSpecifier, makeTemplate } from '../../shared/protocol/template.ts';
import type { TemplateSaved } from './decoder-state.ts';
import { makeTemplateEntry, type TemplateEntry } from './template-entry.ts';

/** A loop: there may be 200,000 fields, and nothing is decoded meanwhile. */
const flatten = (fields: readonly FieldSpecifier[]): readonly number[] => {
  const flat: number[] = [];
  for (const { pen, id, lengthBytes } of fields) flat.push(pen, id, lengthBytes);
  return flat;
};

export class TemplateList {
  readonly templates: TemplateSaved[] = [];
  readonly #positions = new Map<TemplateEntry, number>();

  /** The positions in `templates` of what a table has, in its order. */
  positionsOf(table: ReadonlyMap<number, TemplateEntry>): readonly number[] {
    return Array.from(table.values(), (entry) => this.#positionOf(entry));
  }

  #positionOf(entry: TemplateEntry): number {
    const known = this.#positions.get(entry);
    if (known !== undefined) return known;
    const { version, id, fields, isOptions, scopeCount } = entry.template;
    if (version === 5) throw new Error('NetFlow v5 has no Templates');
    this.#positions.set(entry, this.templates.length);
    return (
      this.templates.push({
        version,
        id,
        scopeCount: isOptions ? scopeCount : null,
        fields: flatten(fields),
        lastUsedMicros: entry.lastUsedMicros,
      }) - 1
    );
  }
}

/** The entry of a Template that no table has yet. */
export const restoreTemplate = ({
  version,
  id,
  scopeCount,
  fields,
  lastUsedMicros,
}: TemplateSaved): TemplateEntry => {
  const specifiers = Array.from(
    { length: fields.length / 3 },
    (_, i): FieldSpecifier => ({
      pen: fields[3 * i] ?? 0,
      id: fields[3 * i + 1] ?? 0,
      lengthBytes: fields[3 * i + 2] ?? 0,
    }),
  );
  const options = scopeCount === null ? undefined : { scopeCount };
  return makeTemplateEntry(makeTemplate(version, id, specifiers, options), lastUsedMicros);
};
