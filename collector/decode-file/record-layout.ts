/** How the fields of a Template are called in listings, and which of them belong together under one key. */

import { type Element, elementName } from '../../shared/elements/registry.ts';
import type { FieldSpecifier, Template } from '../../shared/protocol/template.ts';
import { knownElement } from '../decode/known-element.ts';
import type { ObservationDomain } from '../decode/observation-domain.ts';

/** What an Observation Domain says of elements. */
export type Announcer = Pick<ObservationDomain, 'findAnnounced' | 'elementChanges'>;

export interface NamedFields {
  readonly name: string;
  /** The name as a key in JSON text, with its colon. */
  readonly jsonKey: string;
  readonly element: Element | undefined;
  /** Positions in the Template; more than one where the element occurs more than once. */
  readonly fields: readonly number[];
}

export interface RecordLayout {
  readonly scope: readonly NamedFields[];
  readonly values: readonly NamedFields[];
}

/** RFC 3954 6.1: in NetFlow v9 the id of a scope field is a type of scope, not a field type. */
const netflow9Scopes = new Map([
  [1, 'system'],
  [2, 'interface'],
  [3, 'lineCard'],
  [4, 'cache'],
  [5, 'template'],
]);
const paddingOctets = 210;

/** Of scopes in NetFlow v9 only the width is known; they are numbers. */
const scopeElement = (id: number, name: string): Element => ({
  pen: 0,
  id,
  name,
  dataType: 'unsigned64',
  semantics: 'identifier',
});

const isNetflow9Scope = (template: Template, index: number): boolean =>
  template.version === 9 && index < template.scopeCount;

/** The name of a field by itself, as in a listing of its Template. */
export const fieldName = (
  template: Template,
  index: number,
  { pen, id }: FieldSpecifier,
  { findAnnounced }: Announcer,
): string =>
  isNetflow9Scope(template, index)
    ? (netflow9Scopes.get(id) ?? `scope/${id}`)
    : knownElement(template.version, pen, id, findAnnounced)?.name || elementName(template.version, pen, id);

/** The element of a field; for a NetFlow v9 scope one that prints as a number. */
export const fieldElement = (
  template: Template,
  index: number,
  field: FieldSpecifier,
  announcer: Announcer,
): Element | undefined =>
  isNetflow9Scope(template, index)
    ? scopeElement(field.id, fieldName(template, index, field, announcer))
    : knownElement(template.version, field.pen, field.id, announcer.findAnnounced);

const numbersOf = (template: Template, { pen, id }: FieldSpecifier): string =>
  pen !== 0 ? `pen${pen}/${id}` : template.version === 9 ? `v9/${id}` : `ie/${id}`;

const nameFields = (template: Template, from: number, to: number, announcer: Announcer): NamedFields[] => {
  const groups = new Map<string, NamedFields & { fields: number[] }>();
  const taken = new Set<string>();
  for (let index = from; index < to; index++) {
    const field = template.fields[index];
    // The padding of NetFlow v5 is no field of anybody's.
    if (!field || (template.version === 5 && field.id === paddingOctets)) continue;
    const numbers = numbersOf(template, field);
    const group = groups.get(numbers);
    if (group) {
      group.fields.push(index);
      continue;
    }
    // Vendors have elements with names of IANA's; a record with both keeps them apart.
    const said = fieldName(template, index, field, announcer);
    const name = taken.has(said) ? numbers : said;
    taken.add(name);
    groups.set(numbers, {
      name,
      jsonKey: `${JSON.stringify(name)}:`,
      element: fieldElement(template, index, field, announcer),
      fields: [index],
    });
  }
  return [...groups.values()];
};

const layouts = new WeakMap<Template, { readonly layout: RecordLayout; readonly elementChanges: number }>();

/** The layout of a Template of the domain, made once for each, and again when elements were announced. */
export const recordLayout = (template: Template, announcer: Announcer): RecordLayout => {
  const { elementChanges } = announcer;
  const known = layouts.get(template);
  if (known?.elementChanges === elementChanges) return known.layout;
  const { scopeCount, fields } = template;
  const layout = {
    scope: nameFields(template, 0, scopeCount, announcer),
    values: nameFields(template, scopeCount, fields.length, announcer),
  };
  layouts.set(template, { layout, elementChanges });
  return layout;
};
