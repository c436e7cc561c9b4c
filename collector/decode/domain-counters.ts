/** The books of one Observation Domain. Every datagram and every Data Set ends in exactly one outcome. */

import type { FormatErrorCode } from '../../shared/wire/format-error.ts';

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
  templates = 0;
  templatesReplaced = 0;
  templatesRefused = 0;
  templatesWithdrawn = 0;
  templatesExpired = 0;
  /** Datagrams and Sets that were wrong, by reason; the reasons are a closed list. */
  readonly reasons = new Map<FormatErrorCode, number>();

  count(reason: FormatErrorCode): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
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
