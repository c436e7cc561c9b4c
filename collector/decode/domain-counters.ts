/** The books of one Observation Domain. Every datagram and every Data Set ends in exactly one outcome. */

import type { FormatErrorCode } from '../../shared/wire/format-error.ts';
import type { CountersState } from './decoder-state.ts';

export class DomainCounters {
  datagrams = 0;
  /** Outcomes of datagrams: all of it was read (or waits); a part of it was lost; nothing could be read. */
  decoded = 0;
  partly = 0;
  malformed = 0;
  /** Data Sets that came, and their outcomes beside `dataSetsWaiting` that still wait. */
  dataSets = 0;
  dataSetsDecoded = 0;
  dataSetsMalformed = 0;
  dataSetsExpired = 0;
  dataSetsDropped = 0;
  dataSetsWaiting = 0;
  /** Data Sets that had to wait, whatever became of them later. */
  dataSetsKept = 0;
  flowRecords = 0;
  optionsRecords = 0;
  /** New rows of options data that `OptionsBudget` had no room for. */
  optionsRefused = 0;
  /** Elements that were announced when there was no room for more, or changed too often. */
  elementsRefused = 0;
  templates = 0;
  templatesReplaced = 0;
  templatesRefused = 0;
  templatesWithdrawn = 0;
  templatesExpired = 0;
  /** Datagrams and Sets that were wrong, by reason; the reasons are a closed list. */
  readonly reasons = new Map<FormatErrorCode, number>();

  /** The outcome of a datagram of which so many parts were wrong, and so many could be read. */
  countDatagram(faults: number, readable: number): void {
    this.datagrams++;
    if (faults === 0) this.decoded++;
    else if (readable > 0) this.partly++;
    else this.malformed++;
  }

  count(reason: FormatErrorCode): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  save(): CountersState {
    const numbers = Object.entries(this).filter(([, value]) => typeof value === 'number' && value !== 0);
    return { numbers: Object.fromEntries(numbers), reasons: [...this.reasons] };
  }

  restore(state: CountersState): void {
    const numbers = this as unknown as Record<string, number>;
    for (const [name, value] of Object.entries(this))
      if (typeof value === 'number') numbers[name] = state.numbers[name] ?? 0;
    for (const [reason, count] of state.reasons) this.reasons.set(reason as FormatErrorCode, count);
  }
}

/** Adds the books of one domain to a sum. */
export const addCounters = (sum: DomainCounters, counters: DomainCounters): void => {
  const numbers = sum as unknown as Record<string, number>;
  for (const [name, more] of Object.entries(counters)) {
    if (typeof more === 'number') numbers[name] = (numbers[name] ?? 0) + more;
  }
  for (const [reason, count] of counters.reasons)
    sum.reasons.set(reason, (sum.reasons.get(reason) ?? 0) + count);
};
