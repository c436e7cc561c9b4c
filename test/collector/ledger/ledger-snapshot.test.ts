import t from 'tap';
import { LedgerRig } from '../../support/ledger-rig.ts';
import { buildMixedJournal } from '../../support/mixed-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('counted since the run began: what a checkpoint brought along was counted before', async (t) => {
  const directory = temporaryDirectory(t);
  const { datagrams, end } = buildMixedJournal(directory, { seed: 1, datagrams: 200, parts: 2 });
  const first = await new LedgerRig(directory).begin();
  // The first half of the journal.
  const half = first.source.end - 1;
  first.onChunk = () => {
    if (first.frames.position > half / 2) first.source.close(true);
  };
  await first.finish();
  const one = first.snapshot();
  const crashed = first.crash(t);
  const second = await crashed.live();
  const two = second.snapshot();
  t.equal(one.datagrams + two.datagrams, datagrams.length);
  t.ok(one.datagrams > 50 && two.datagrams > 50);
  t.equal(one.rowsStored, one.flowRecords);
  t.equal(two.rowsStored, two.flowRecords);
  t.equal(second.flows.rows.length, one.rowsStored + two.rowsStored);
  t.equal(two.datagrams, two.decoded + two.partly + two.malformed);
  t.match(two, { pendingRows: 0, lagBytes: 0, problem: undefined, tableRowsStored: 0 });
  t.match(two.recovery, { rowsFound: 0, rowsStored: 0, rowsLost: 0 });
  t.match(two.journal, { checkpoints: 2, damagedBytes: 0, unwrittenIntents: 0, problem: undefined });
  t.equal(second.frames.position, end);
});

t.test('records that were dropped before the run are not those of the run', async (t) => {
  const directory = temporaryDirectory(t);
  buildMixedJournal(directory, { seed: 1, datagrams: 50, parts: 1 });
  const rig = new LedgerRig(directory);
  const recovered = await rig.recover();
  const { decoder } = recovered.state;
  const sink = { extraKeys: [], extraKeysRefused: 0, recordsDropped: 5 };
  rig.recovered = { ...recovered, state: { ...recovered.state, decoder: { ...decoder, sink } } };
  await rig.begin();
  t.equal(rig.frames.sink.recordsDropped, 5);
  t.equal(rig.snapshot().recordsDropped, 0);
  await rig.finish();
  const { flowRecords, rowsStored, recordsDropped } = rig.snapshot();
  t.equal(flowRecords, rowsStored + recordsDropped);
});

t.test('without a journal there is none to tell of', async (t) => {
  const directory = temporaryDirectory(t);
  buildMixedJournal(directory, { seed: 1, datagrams: 20, parts: 1 });
  const rig = await new LedgerRig(directory, { isJournaled: false }).begin();
  await rig.ledger.finish();
  t.equal(rig.snapshot().journal, undefined);
});
