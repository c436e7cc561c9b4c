/** The Data Records of one Set, handed to the sink under their Template. */

import { FormatError } from '../../shared/wire/format-error.ts';
import { learnElements } from './element-announcements.ts';
import type { WaitingSet } from './observation-domain.ts';
import { makeRecordScan, scanRecords } from './record-scan.ts';
import type { DataRecords, Message, RecordSink } from './record-sink.ts';
import type { TemplateEntry } from './template-entry.ts';

export interface Octets {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class RecordReader {
  readonly #sink: RecordSink;
  readonly #scan = makeRecordScan();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /**
   * Reads the records in `[at, end)`; returns how many there were. All or none: a bad record costs its Set.
   * @throws FormatError `record-overrun`, `set-without-record`; the Set is counted as malformed then
   */
  read(entry: TemplateEntry, octets: Octets, at: number, end: number, message: Message): number {
    const { template } = entry;
    const { counters } = message.state;
    const { view, bytes } = octets;
    const scan = this.#scan;
    let count = 0;
    if (template.hasVariable) {
      if (!scanRecords(scan, template, view, at, end)) {
        counters.dataSetsMalformed++;
        throw new FormatError('record-overrun');
      }
      count = scan.count;
    } else count = Math.floor((end - at) / template.minBytes);
    if (count === 0) {
      counters.dataSetsMalformed++;
      throw new FormatError('set-without-record');
    }
    const records: DataRecords = {
      entry,
      template,
      bytes,
      view,
      at,
      count,
      scan: () => {
        if (!template.hasVariable) scanRecords(scan, template, view, at, at + count * template.minBytes);
        return scan;
      },
    };
    counters.dataSetsDecoded++;
    if (template.isOptions) {
      counters.optionsRecords += count;
      learnElements(records, message.state);
      this.#sink.optionsRecords(records, message);
    } else {
      counters.flowRecords += count;
      this.#sink.flowRecords(records, message);
    }
    return count;
  }

  /** Reads Sets that waited for this Template, which came in a datagram received at `readableMicros`; a bad one is counted. */
  readWaiting(entry: TemplateEntry, sets: readonly WaitingSet[], readableMicros: number): void {
    for (const { bytes, message } of sets) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      try {
        this.read(entry, { bytes, view }, 0, bytes.length, { ...message, readableMicros });
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        message.state.counters.count(error.code);
      }
    }
  }
}
