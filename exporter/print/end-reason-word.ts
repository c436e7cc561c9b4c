/** `idle` `active` `end` `forced` `resources` for the numbers of flowEndReason (136); empty where there is none. */

import { flowEndReasons } from '../meter/flow-record.ts';

const words: readonly string[] = Object.keys(flowEndReasons);

export const endReasonWord = (endReason: number): string =>
  endReason === flowEndReasons.none ? '' : (words[endReason] ?? '');
