import t from 'tap';
import { LedgerCounters } from '../../../collector/ledger/ledger-counters.ts';

t.test('batches that were stored add up', async (t) => {
  const counters = new LedgerCounters();
  const outcome = { kind: 'stored', stored: 7, quarantined: 2, found: false, lengthBytes: 99 } as const;
  counters.stored({ ...outcome, milliseconds: 250 });
  counters.stored({ ...outcome, quarantined: 0, found: true, milliseconds: 500 });
  t.match(counters, { rowsStored: 14, rowsQuarantined: 2, batchesStored: 2, insertSeconds: 0.75 });
  t.match(counters, { rowsGivenUp: 0, datagramsDiscarded: 0, batchesRetried: 0 });
});
