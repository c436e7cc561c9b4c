/** What a report sees of a ledger, without a ClickHouse: for tests of what is made of the rows. */

import type { LedgerView } from '../../collector/ask/ledger-view.ts';

/** Asked for anything it does not have, it has nothing. Times are shown as the seconds of `second`. */
export const ledgerView = (more: Partial<LedgerView> = {}): LedgerView => ({
  nowMicros: 2_000_000_000e6,
  zone: 'UTC',
  ask: async () => [],
  since: async () => undefined,
  progress: async () => [],
  heard: async () => [],
  hasColumn: async () => true,
  formatTime: (micros) => `${micros / 1e6 - 1_700_000_000} s`,
  ...more,
});
