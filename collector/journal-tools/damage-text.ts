/** What was passed over in a journal, in one sentence for the end of a command. */

import { formatTotal } from '../../shared/service/format-quantity.ts';

export interface Damage {
  readonly damagedBytes: number;
  readonly damagedPlaces: number;
  readonly missingBytes: number;
}

/** Empty when all was whole; else it begins with `; `. */
export const describeDamage = ({ damagedBytes, damagedPlaces, missingBytes }: Damage): string => {
  const damaged =
    damagedPlaces > 0
      ? `; passed over: ${formatTotal(damagedBytes, 'octet')} in ${formatTotal(damagedPlaces, 'place')}`
      : '';
  return missingBytes > 0
    ? `${damaged}; not in the journal: ${formatTotal(missingBytes, 'octet')} between segments`
    : damaged;
};
