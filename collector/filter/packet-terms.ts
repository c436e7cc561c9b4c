/** The terms that can be asked of a packet. */

import { columnTerms } from './column-terms.ts';
import type { FilterTerm } from './filter-term.ts';
import { filterTerms } from './filter-terms.ts';

export const isPacketTerm = ({ phrases, only }: FilterTerm): boolean =>
  phrases.some(({ subjects }) => subjects.every(({ packet }) => packet !== undefined)) &&
  (only === undefined || only.packet !== undefined);

/** As help shows them. */
export const packetTermTitles: readonly string[] = filterTerms.filter(isPacketTerm).map(({ title }) => title);

/** Names of columns that are terms of packets, too. */
export const packetColumnTitles: readonly string[] = columnTerms
  .filter(isPacketTerm)
  .map(({ title }) => title);
