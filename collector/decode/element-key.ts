/** One number per element, whatever protocol version carried it, so that Templates and columns can be matched. */

import { ownElements } from '../../shared/elements/own-elements.ts';
import { resolveElement } from '../../shared/elements/registry.ts';
import type { FieldSpecifier } from '../../shared/protocol/template.ts';
import type { AnnouncedElement } from './announced-elements.ts';

const ntopPen = 35632;
/** nProbe sends its enterprise elements in NetFlow v9 as 57472 + id. */
const ntopNetflow9Base = 57472;

/** Octets of id below, enterprise number above: exact in a double. NetFlow v9 types outside IANA are 32768 or more. */
export const elementKey = (version: 5 | 9 | 10, field: Pick<FieldSpecifier, 'pen' | 'id'>): number =>
  version === 9 && field.id >= ntopNetflow9Base
    ? ntopPen * 65536 + (field.id - ntopNetflow9Base)
    : field.pen * 65536 + field.id;

/** Ours have no number but the one that they were announced under: their keys are below 0. */
const ownKeys: ReadonlyMap<string, number> = new Map(ownElements.map(({ name, id }) => [name, -id]));
const ownTypes: ReadonlyMap<string, string> = new Map(
  ownElements.map(({ name, dataType }) => [name, dataType]),
);

/** The key of an element of ours, where one was announced under its name and with its type, whatever the enterprise. */
export const ownElementKey = (announced: AnnouncedElement | undefined): number | undefined =>
  announced && ownTypes.get(announced.name) === announced.dataType ? ownKeys.get(announced.name) : undefined;

/** Names are ours, so there are only so many; each new Template asks for all of them. */
const keys = new Map<string, number>();

/** The key of an element named as `flow-columns.ts` names it. */
export const keyOfSpec = (spec: string): number => {
  const known = keys.get(spec);
  if (known !== undefined) return known;
  const resolved = resolveElement(spec);
  const key = resolved
    ? elementKey(resolved.netflow9Only ? 9 : 10, resolved)
    : ownKeys.get(/^announced\/(.*)$/.exec(spec)?.[1] ?? '');
  if (key === undefined) throw new Error(`no element is called ${spec}`);
  keys.set(spec, key);
  return key;
};
