/** Who sends what, and what was lost: rows for `exporters` and, per minute, for `exporter_loss`. */

import { formatIpv6 } from '../../shared/wire/address.ts';
import type { Decoder } from '../decode/decode-datagram.ts';
import type { ObservationDomain, SequenceSums } from '../decode/observation-domain.ts';
import type { RowWriter } from '../store/row-writer.ts';
import type { ConfiguredExporter, ExporterSnapshot, ReceiveLoss } from './ledger-messages.ts';

/** Exporters in the metrics; the rest are in the tables only. */
const maxSnapshotExporters = 1000;
const sourceNames = ['default', 'record', 'options', 'header', 'config'] as const;

const hexOf = (address: Uint8Array): string => Buffer.from(address).toString('hex');

interface Loss {
  readonly datagrams: number;
  readonly records: number;
  readonly missing: number;
  readonly reordered: number;
  readonly duplicate: number;
  readonly unknown: number;
  readonly malformed: number;
  readonly waiting: number;
  readonly expired: number;
}

const malformedOf = ({ counters }: ObservationDomain): number => {
  let sum = 0;
  for (const count of counters.reasons.values()) sum += count;
  return sum;
};

const lossOf = (domain: ObservationDomain): Loss => {
  const { counters } = domain;
  const { missing, reordered, duplicate, unknown } = domain.sequenceSums();
  return {
    datagrams: counters.datagrams,
    records: counters.flowRecords + counters.optionsRecords,
    missing,
    reordered,
    duplicate,
    unknown,
    malformed: malformedOf(domain),
    waiting: counters.dataSetsKept,
    expired: counters.dataSetsExpired + counters.dataSetsDropped,
  };
};

export class ExporterBooks {
  readonly #rows: RowWriter;
  readonly #collector: string;
  readonly #decoder: Decoder;
  readonly #lastLoss = new WeakMap<ObservationDomain, Loss>();
  readonly #lastDatagrams = new WeakMap<ObservationDomain, number>();
  #configured = new Map<string, ConfiguredExporter>();

  constructor(decoder: Decoder, rows: RowWriter, collector: string) {
    this.#decoder = decoder;
    this.#rows = rows;
    this.#collector = collector;
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
      });
    }
  }

  /** Rows of `exporter_loss` for the minute (seconds since 1970) that has ended. Gaps filled by late datagrams come off the sum. */
  writeLoss(minute: number): void {
    for (const domain of this.#decoder.domains) {
      const now = lossOf(domain);
      const before = this.#lastLoss.get(domain);
      this.#lastLoss.set(domain, now);
      if (before?.datagrams === now.datagrams && before.expired === now.expired) continue;
      const row: Record<string, number> = {};
      for (const name of Object.keys(now) as (keyof Loss)[]) row[name] = now[name] - (before?.[name] ?? 0);
      const exporter = formatIpv6(domain.exporter, 0);
      this.#rows.add('exporter_loss', {
        minute,
        exporter,
        domain: domain.domain,
        collector: this.#collector,
        ...row,
      });
    }
  }

  /** What the receive thread lost in that minute; `::` stands for exporters that nobody can name. */
  writeReceiveLoss(minute: number, losses: readonly ReceiveLoss[]): void {
    for (const { exporter, refused, queueDrops, kernelDrops } of losses) {
      const lost = { refused, queue_drops: queueDrops, kernel_drops: kernelDrops };
      this.#rows.add('exporter_loss', { minute, exporter, domain: 0, collector: this.#collector, ...lost });
    }
  }

  writeNotStored(minute: number, rows: number): void {
    this.#rows.add('exporter_loss', {
      minute,
      exporter: '::',
      domain: 0,
      collector: this.#collector,
      not_stored: rows,
    });
  }

  snapshot(): readonly ExporterSnapshot[] {
    const byExporter = new Map<
      string,
      { sums: SequenceSums; reasons: ExporterSnapshot['reasons'][number][] }
    >();
    for (const domain of this.#decoder.domains) {
      const exporter = formatIpv6(domain.exporter, 0).replace(/^::ffff:(?=\d+\.)/, '');
      const known = byExporter.get(exporter);
      if (!known && byExporter.size >= maxSnapshotExporters) continue;
      const sums = domain.sequenceSums();
      const reasons = [...domain.counters.reasons];
      if (!known) {
        byExporter.set(exporter, { sums, reasons });
        continue;
      }
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) known.sums[name] += sums[name];
      known.reasons.push(...reasons);
    }
    return [...byExporter].map(([exporter, { sums, reasons }]) => ({
      exporter,
      missing: sums.missing,
      reordered: sums.reordered,
      duplicate: sums.duplicate,
      restarts: sums.restarts,
      reasons: mergeReasons(reasons),
    }));
  }
}

const mergeReasons = (reasons: ExporterSnapshot['reasons']): ExporterSnapshot['reasons'] => {
  const sums = new Map<ExporterSnapshot['reasons'][number][0], number>();
  for (const [reason, count] of reasons) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums];
};
