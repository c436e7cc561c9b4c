/** The books of the ledger at one moment, counted since the run began: what a checkpoint brought along was counted before. */

import type { ChunkSource } from '../journal/chunk-source.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import type { Ledger } from './ledger.ts';
import type { JournalSnapshot, LedgerSnapshot, RecoverySnapshot } from './ledger-messages.ts';

export interface SnapshotParts {
  readonly ledger: Ledger;
  readonly rowWriter: RowWriter;
  readonly source: ChunkSource;
  readonly keeper: JournalKeeper | undefined;
  readonly reader: JournalReader | undefined;
  readonly recovery: RecoverySnapshot;
}

const journalOf = ({ keeper, reader, source }: SnapshotParts): JournalSnapshot | undefined =>
  keeper && {
    bytes: keeper.bytes,
    segments: keeper.segments,
    checkpoints: keeper.checkpoints,
    isFull: keeper.isFull,
    damagedBytes: reader?.damagedBytes ?? 0,
    damage: reader?.lastDamage ?? '',
    lostBytes: source.lostBytes,
    unwrittenIntents: keeper.unwrittenIntents,
    problem: keeper.problem,
  };

/** Made when the ledger begins. The function that it returns takes a snapshot; `problem` is why storing fails now. */
export const makeLedgerSnapshot = (
  parts: SnapshotParts,
): ((problem: string | undefined) => LedgerSnapshot) => {
  const { ledger, rowWriter } = parts;
  const { decoder, sink, books } = ledger.frames;
  const before = decoder.domains.totals();
  const { recordsDropped } = sink;
  return (problem) => {
    const totals = decoder.domains.totals();
    const { counters } = ledger;
    const cpu = process.cpuUsage();
    let templates = 0;
    for (const domain of decoder.domains) templates += domain.templateCount();
    return {
      datagrams: totals.datagrams - before.datagrams,
      decoded: totals.decoded - before.decoded,
      partly: totals.partly - before.partly,
      malformed: totals.malformed - before.malformed,
      flowRecords: totals.flowRecords - before.flowRecords,
      optionsRecords: totals.optionsRecords - before.optionsRecords,
      optionsRefused: totals.optionsRefused - before.optionsRefused,
      elementsRefused: totals.elementsRefused - before.elementsRefused,
      dataSetsMalformed: totals.dataSetsMalformed - before.dataSetsMalformed,
      dataSetsExpired: totals.dataSetsExpired - before.dataSetsExpired,
      dataSetsDropped: totals.dataSetsDropped - before.dataSetsDropped,
      dataSetsDecoded: totals.dataSetsDecoded - before.dataSetsDecoded,
      dataSetsWaiting: totals.dataSetsWaiting,
      waitingBytes: decoder.waiting.bytes,
      templates,
      domains: decoder.domains.size,
      rowsStored: counters.rowsStored,
      rowsQuarantined: counters.rowsQuarantined,
      rowsGivenUp: counters.rowsGivenUp,
      recordsDropped: sink.recordsDropped - recordsDropped,
      recordsDiscarded: sink.recordsDiscarded,
      datagramsDiscarded: counters.datagramsDiscarded,
      pendingRows: ledger.pendingRows,
      batchRows: ledger.batchRows,
      insertsInFlight: ledger.insertsInFlight,
      batchesStored: counters.batchesStored,
      batchesRetried: counters.batchesRetried,
      insertSeconds: counters.insertSeconds,
      tableRowsStored: rowWriter.stored,
      tableRowsFailed: rowWriter.dropped,
      oldestMicros: ledger.oldestMicros,
      storedUntilMicros: ledger.storedUntilMicros,
      lagBytes: ledger.lagBytes,
      problem,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      journal: journalOf(parts),
      recovery: parts.recovery,
      exporters: books.snapshot(),
    };
  };
};
