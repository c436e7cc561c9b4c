/** Says in the log what happens to the journal, once when it begins and once when it is over. */

import { formatBytes, formatTotal } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';

/** As read at one moment; counters since the start. */
export interface JournalReading {
  /** Why it cannot be written. */
  readonly problem: string | undefined;
  readonly damagedBytes: number;
  /** Where the last damage is. */
  readonly damage: string;
  /** Datagrams that were given up because it was full. */
  readonly discarded: number;
  readonly maxBytes: number;
  /** Rows that ClickHouse refuses for good. */
  readonly quarantined: number;
}

export class JournalWatch {
  readonly #log: Pick<Log, 'info' | 'error' | 'limited'>;
  #last: Pick<JournalReading, 'problem' | 'damagedBytes' | 'discarded' | 'quarantined'> = {
    problem: undefined,
    damagedBytes: 0,
    discarded: 0,
    quarantined: 0,
  };

  constructor(log: Pick<Log, 'info' | 'error' | 'limited'>) {
    this.#log = log;
  }

  /** To be called about once a second. */
  look(now: JournalReading): void {
    const last = this.#last;
    const log = this.#log;
    this.#last = now;
    if (now.problem !== undefined && now.problem !== last.problem) log.error(now.problem);
    if (now.problem === undefined && last.problem !== undefined) log.info('the journal can be written again');
    if (now.damagedBytes > last.damagedBytes)
      log.limited('damaged', 'error', 'the journal is damaged, and what is damaged is passed over', {
        octets: now.damagedBytes,
        place: now.damage,
      });
    const discarded = now.discarded - last.discarded;
    if (discarded > 0)
      log.limited('full', 'error', 'the journal is full: what waits longest is given up', {
        given_up: formatTotal(discarded, 'datagram'),
        limit: formatBytes(now.maxBytes),
        remedy: '--journal-max, or a ClickHouse that is there',
      });
    const quarantined = now.quarantined - last.quarantined;
    if (quarantined > 0)
      log.limited('quarantine', 'error', 'ClickHouse refuses rows for good: they are in the quarantine', {
        rows: quarantined,
        ask: 'SELECT at, rows, reason, file FROM quarantine',
      });
  }
}
