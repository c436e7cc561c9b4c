/** Elements of enterprises that we send: our own and netfilter's, announced to collectors by RFC 5610 records. */

import { type AbstractType, abstractTypes } from '../../shared/elements/abstract-types.ts';
import { netfilterPen } from './flow-templates.ts';

export interface AnnouncedElement {
  readonly pen: number;
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly dataType: AbstractType;
  readonly semantics: keyof typeof semanticsCodes;
  readonly units: keyof typeof unitsCodes;
}

/** IANA registry "IPFIX Information Element Semantics" (RFC 5610 3.6). */
const semanticsCodes = { default: 0, totalCounter: 2, identifier: 4 } as const;
/** IANA registry "IPFIX Information Element Units" (RFC 5610 3.7). */
const unitsCodes = { none: 0 } as const;

/** Numbers of our own elements under `ExportSettings.pen`. */
export const ownIds = {
  exporterVersion: 1,
  eventOverrunTotalCount: 2,
  resynchronisationTotalCount: 3,
} as const;

export const announcedElements = (ownPen: number): readonly AnnouncedElement[] => [
  {
    pen: netfilterPen,
    id: 4,
    name: 'mark',
    description: 'conntrack mark',
    dataType: 'unsigned32',
    semantics: 'identifier',
    units: 'none',
  },
  {
    pen: ownPen,
    id: ownIds.exporterVersion,
    name: 'exporterVersion',
    description: 'version of the exporter',
    dataType: 'string',
    semantics: 'default',
    units: 'none',
  },
  {
    pen: ownPen,
    id: ownIds.eventOverrunTotalCount,
    name: 'eventOverrunTotalCount',
    description: 'times that the kernel dropped events',
    dataType: 'unsigned64',
    semantics: 'totalCounter',
    units: 'none',
  },
  {
    pen: ownPen,
    id: ownIds.resynchronisationTotalCount,
    name: 'resynchronisationTotalCount',
    description: 'dumps taken after dropped events',
    dataType: 'unsigned64',
    semantics: 'totalCounter',
    units: 'none',
  },
];

/** dataType, semantics and units of an element as RFC 5610 codes them. */
export const typeCodes = (
  element: AnnouncedElement,
): readonly [dataType: number, semantics: number, units: number] => [
  abstractTypes[element.dataType],
  semanticsCodes[element.semantics],
  unitsCodes[element.units],
];
