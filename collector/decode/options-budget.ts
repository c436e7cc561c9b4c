/** So many new rows of options data an hour of receipt may a domain write; what is said again and again is none. */

import type { ObservationDomain } from './observation-domain.ts';

const hourMicros = 3600e6;

export class OptionsBudget {
  readonly #rows: number;

  /** @param rows an hour, of one domain */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Whether there is room for one more row at this time of receipt; counts it, or the refusal. */
  take(domain: ObservationDomain, micros: number): boolean {
    const hour = Math.floor(micros / hourMicros);
    // Never back: old times would open a new hour each.
    if (hour > domain.optionsHour) {
      domain.optionsHour = hour;
      domain.optionsRows = 0;
    }
    if (domain.optionsRows < this.#rows) {
      domain.optionsRows++;
      return true;
    }
    domain.counters.optionsRefused++;
    return false;
  }
}
