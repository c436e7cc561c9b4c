/**
 * What is known of Information Elements: names, types and semantics from IANA, from vendors, and of NetFlow v9 field types.
 * A table is read when an element of it is first asked for.
 */

import type { AbstractType } from './abstract-types.ts';
import { enterpriseElements } from './enterprise.generated.ts';
import { ianaElements } from './iana.generated.ts';
import { netflow9Elements } from './netflow9.generated.ts';

export interface Element {
  /** Enterprise number; 0 for IANA's elements and for NetFlow v9 field types. */
  readonly pen: number;
  readonly id: number;
  readonly name: string;
  /** Undefined where only the name is known. */
  readonly dataType: AbstractType | undefined;
  /** RFC 7012 3.2, as IANA spells it; empty where it is not known. */
  readonly semantics: string;
}

/** RFC 5103 6.1: elements under this enterprise number are IANA's in the reverse direction. */
export const reversePen = 29305;

/** CERT marks the reverse direction of its own elements with this bit of the id. */
const cert = { pen: 6871, reverseBit: 0x4000 } as const;

type Table = Map<number, Element>;
const tables = new Map<string, Table>();

const loadTable = (key: string, pen: number, lines: string): Table => {
  const known = tables.get(key);
  if (known) return known;
  const table: Table = new Map();
  for (const line of lines.trim().split('\n')) {
    const [id = '', dataType, semantics = '', ...name] = line.split(',');
    const type = dataType ? (dataType as AbstractType) : undefined;
    table.set(Number(id), { pen, id: Number(id), name: name.join(','), dataType: type, semantics });
  }
  tables.set(key, table);
  return table;
};

const ianaTable = (): Table => loadTable('iana', 0, ianaElements);
const netflow9Table = (): Table => loadTable('v9', 0, netflow9Elements);
const enterpriseTable = (pen: number): Table | undefined => {
  const lines = enterpriseElements[pen];
  return lines === undefined ? undefined : loadTable(`pen${pen}`, pen, lines);
};

const reverseName = (name: string): string => `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** The element in the other direction: another number, another name, the same type. */
const reverseOf = (base: Element | undefined, pen: number, id: number): Element | undefined =>
  base && { ...base, pen, id, name: reverseName(base.name) };

/**
 * The element behind a Field Specifier, or undefined when the registry does not have it. In NetFlow v9 the numbers below 128
 * are IANA's (RFC 7012 7.1), and so are those above where IANA has them; the rest are vendors' own field types.
 */
export const findElement = (version: 5 | 9 | 10, pen: number, id: number): Element | undefined => {
  if (pen === 0) {
    const element = ianaTable().get(id);
    return element || version !== 9 || id < 128 ? element : netflow9Table().get(id);
  }
  if (pen === reversePen) return reverseOf(ianaTable().get(id), pen, id);
  const table = enterpriseTable(pen);
  const element = table?.get(id);
  if (element || pen !== cert.pen || (id & cert.reverseBit) === 0) return element;
  return reverseOf(table?.get(id - cert.reverseBit), pen, id);
};

/** How `decode` and the `extra` column call an element: its name, else `penPEN/ID`, `v9/ID` or `ie/ID`. */
export const elementName = (version: 5 | 9 | 10, pen: number, id: number): string => {
  const element = findElement(version, pen, id);
  if (element) return element.name;
  if (pen !== 0) return `pen${pen}/${id}`;
  return version === 9 ? `v9/${id}` : `ie/${id}`;
};

export interface ResolvedElement {
  readonly pen: number;
  readonly id: number;
  /** The number means this in NetFlow v9 only. */
  readonly netflow9Only: boolean;
}

let idsByName: ReadonlyMap<string, number> | undefined;

const findIanaId = (name: string): number | undefined => {
  idsByName ??= new Map([...ianaTable().values()].map((element) => [element.name, element.id]));
  return idsByName.get(name);
};

/**
 * The element that a specification names: an IANA name, `reverse` + an IANA name with a capital (RFC 5103 6.1), `PEN/ID`, or
 * `v9/ID` for a NetFlow v9 field type. Undefined when it is none of these.
 */
export const resolveElement = (spec: string): ResolvedElement | undefined => {
  const numbers = /^(v9|\d+)\/(\d+)$/.exec(spec);
  if (numbers) {
    const netflow9Only = numbers[1] === 'v9';
    return { pen: netflow9Only ? 0 : Number(numbers[1]), id: Number(numbers[2]), netflow9Only };
  }
  const id = findIanaId(spec);
  if (id !== undefined) return { pen: 0, id, netflow9Only: false };
  const base = /^reverse([A-Z].*)$/.exec(spec)?.[1];
  if (base === undefined) return undefined;
  // IANA has names that begin with a capital (VRFname), so both spellings are tried.
  const reversed = findIanaId(base.charAt(0).toLowerCase() + base.slice(1)) ?? findIanaId(base);
  return reversed === undefined ? undefined : { pen: reversePen, id: reversed, netflow9Only: false };
};
