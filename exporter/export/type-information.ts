/** Elements of enterprises that we send: our own, netfilter's and ntop's, announced to collectors by RFC 5610 records. */

import { abstractTypes } from '../../shared/elements/abstract-types.ts';
import { type OwnElement, type OwnElementName, ownElements } from '../../shared/elements/own-elements.ts';
import { findElement } from '../../shared/elements/registry.ts';

export const netfilterPen = 21373;
export const ntopPen = 35632;

export interface AnnouncedElement extends OwnElement {
  readonly pen: number;
}

/** IANA registry "IPFIX Information Element Semantics" (RFC 5610 3.6). */
const semanticsCodes = { default: 0, totalCounter: 2, identifier: 4 } as const;
/** IANA registry "IPFIX Information Element Units" (RFC 5610 3.7): none of them has one. */
const noUnits = 0;

/** Names and types are those of the registry. */
const elementsOfOthers: readonly Pick<AnnouncedElement, 'pen' | 'id' | 'semantics' | 'description'>[] = [
  { pen: netfilterPen, id: 4, semantics: 'identifier', description: 'conntrack mark' },
  { pen: ntopPen, id: 168, semantics: 'identifier', description: 'process at the source; 0: not known' },
  { pen: ntopPen, id: 425, semantics: 'identifier', description: 'user id of the socket at the source' },
  { pen: ntopPen, id: 169, semantics: 'default', description: 'name of the process at the source' },
  { pen: ntopPen, id: 372, semantics: 'default', description: 'name of the user at the source' },
  { pen: ntopPen, id: 556, semantics: 'default', description: 'command line at the source' },
  { pen: ntopPen, id: 558, semantics: 'default', description: 'container at the source' },
  { pen: ntopPen, id: 375, semantics: 'identifier', description: 'process at the destination; 0: not known' },
  { pen: ntopPen, id: 426, semantics: 'identifier', description: 'user id of the socket at the destination' },
  { pen: ntopPen, id: 376, semantics: 'default', description: 'name of the process at the destination' },
  { pen: ntopPen, id: 377, semantics: 'default', description: 'name of the user at the destination' },
  { pen: ntopPen, id: 557, semantics: 'default', description: 'command line at the destination' },
  { pen: ntopPen, id: 559, semantics: 'default', description: 'container at the destination' },
];

const ownIds: ReadonlyMap<string, number> = new Map(ownElements.map(({ name, id }) => [name, id]));

/** Number of an element of ours under `ExportSettings.pen`. */
export const ownElementId = (name: OwnElementName): number => ownIds.get(name) as number;

export const announcedElements = (ownPen: number): readonly AnnouncedElement[] => [
  ...elementsOfOthers.map((element) => {
    const { name, dataType } = findElement(10, element.pen, element.id) ?? {};
    if (!name || !dataType) throw new Error(`the registry has no type of ${element.pen}/${element.id}`);
    return { ...element, name, dataType };
  }),
  ...ownElements.map((element) => ({ pen: ownPen, ...element })),
];

/** dataType, semantics and units of an element as RFC 5610 codes them. */
export const typeCodes = (
  element: AnnouncedElement,
): readonly [dataType: number, semantics: number, units: number] => [
  abstractTypes[element.dataType],
  semanticsCodes[element.semantics],
  noUnits,
];
