/** Who sends what, and what was lost: rows for `exporters` and, through `LossBooks`, for `exporter_loss`. */

import { formatAddress, formatIpv6 } from '../../shared/wire/address.ts';
import type { Decoder } from '../decode/decode-datagram.ts';
import type { ObservationDomain } from '../decode/observation-domain.ts';
import type { SequenceSums } from '../decode/sequence-sums.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import type { ControlFrame } from '../receive/control-frame.ts';
import type { RowWriter } from '../store/row-writer.ts';
import { malformedOf } from './domain-losses.ts';
import type { ExporterSnapshot } from './ledger-messages.ts';
import { LossBooks, type LossState } from './loss-books.ts';

/** Exporters in the metrics; the rest are in the tables only. */
const maxSnapshotExporters = 1000;
const sourceNames = ['default', 'record', 'options', 'header', 'config'] as const;

const hexOf = (address: Uint8Array): string => Buffer.from(address).toString('hex');

/** What the books know after some frames, as plain JSON. */
export type BooksState = LossState;

export class ExporterBooks {
  readonly #rows: RowWriter;
  readonly #collector: string;
  readonly #decoder: Decoder;
  readonly #losses: LossBooks;
  readonly #lastDatagrams = new WeakMap<ObservationDomain, number>();
  #configured = new Map<string, ConfiguredExporter>();

  constructor(decoder: Decoder, rows: RowWriter, collector: string) {
    this.#decoder = decoder;
    this.#rows = rows;
    this.#collector = collector;
    this.#losses = new LossBooks({ domains: decoder.domains, rows, collector });
  }

  configure(exporters: readonly ConfiguredExporter[]): void {
    this.#configured = new Map(exporters.map((exporter) => [exporter.address, exporter]));
    for (const domain of this.#decoder.domains) this.configureDomain(domain);
  }

  configureDomain(domain: ObservationDomain): void {
    domain.configuredRate = this.#configured.get(hexOf(domain.exporter))?.sampling ?? 0;
  }

  /** Rows of `exporters` for all that were heard since the last call. */
  writeExporters(): void {
    for (const domain of this.#decoder.domains) {
      const { counters, sampling } = domain;
      if (this.#lastDatagrams.get(domain) === counters.datagrams) continue;
      this.#lastDatagrams.set(domain, counters.datagrams);
      const configured = this.#configured.get(hexOf(domain.exporter));
      const { missing, reordered, duplicate, unknown, restarts } = domain.sequenceSums();
      this.#rows.add('exporters', {
        exporter: formatIpv6(domain.exporter, 0),
        domain: domain.domain,
        collector: this.#collector,
        name: configured?.name ?? '',
        site: configured?.site ?? '',
        version: domain.version,
        first_seen: Math.floor(domain.firstHeardMicros / 1e6),
        last_seen: Math.floor(domain.lastHeardMicros / 1e6),
        templates: domain.templateCount(),
        sampling_rate: sampling.lastRate,
        sampling_source: sourceNames[sampling.lastSource] ?? 'default',
        clock_offset_ms: -domain.clockOffsetMs,
        datagrams: counters.datagrams,
        flows: counters.flowRecords,
        options: counters.optionsRecords,
        missing: Math.max(0, missing),
        reordered,
        duplicate,
        unknown_gaps: unknown,
        restarts,
        malformed: malformedOf(domain),
        waiting: counters.dataSetsWaiting,
        expired: counters.dataSetsExpired + counters.dataSetsDropped,
        journal_drops: this.#losses.journalDropsOf(domain.exporter),
      });
    }
  }

  /** What the receive thread says of itself. */
  control(frame: ControlFrame): void {
    this.#losses.control(frame);
  }

  /** A datagram was thrown away because the journal was full; `address` has the exporter's 16 octets at `at`. */
  journalDrop(address: Uint8Array, at: number): void {
    this.#losses.journalDrop(address, at);
  }

  /** Rows that ClickHouse did not take. Known only afterwards, they stand in the minute in which that turned out. */
  notStored(rows: number): void {
    this.#losses.notStored(rows);
  }

  /** The decoder forgets this domain; what waited of it has been given up. */
  forgetDomain(domain: ObservationDomain): void {
    this.#losses.forget(domain);
  }

  /** To be called with the time of each frame that is the first of its second, before it is taken. */
  second(micros: number): void {
    this.#losses.second(micros);
  }

  /** Rows of `exporter_loss` for the minute so far; they replace those written before. */
  writeMinute(): void {
    this.#losses.writeMinute();
  }

  save(): BooksState {
    return this.#losses.save();
  }

  /** Goes on from what `save` made, after the decoder has; for new books. Throws Error where it is not of that form. */
  restore(state: BooksState): void {
    this.#losses.restore(state);
  }

  snapshot(): readonly ExporterSnapshot[] {
    const byExporter = new Map<
      string,
      { sums: SequenceSums; journalDrops: number; reasons: ExporterSnapshot['reasons'][number][] }
    >();
    for (const domain of this.#decoder.domains) {
      const exporter = formatAddress(domain.exporter, 0);
      const known = byExporter.get(exporter);
      if (!known && byExporter.size >= maxSnapshotExporters) continue;
      const sums = domain.sequenceSums();
      const reasons = [...domain.counters.reasons];
      if (!known) {
        byExporter.set(exporter, {
          sums,
          journalDrops: this.#losses.journalDropsOf(domain.exporter),
          reasons,
        });
        continue;
      }
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) known.sums[name] += sums[name];
      known.reasons.push(...reasons);
    }
    return [...byExporter].map(([exporter, { sums, journalDrops, reasons }]) => ({
      exporter,
      missing: sums.missing,
      reordered: sums.reordered,
      duplicate: sums.duplicate,
      restarts: sums.restarts,
      journalDrops,
      reasons: mergeReasons(reasons),
    }));
  }
}

const mergeReasons = (reasons: ExporterSnapshot['reasons']): ExporterSnapshot['reasons'] => {
  const sums = new Map<ExporterSnapshot['reasons'][number][0], number>();
  for (const [reason, count] of reasons) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums];
};
