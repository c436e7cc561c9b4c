/** The way of a record from metering to those who want it: own traffic left out, rules, aggregation, export, print. */

import { randomInt } from 'node:crypto';
import type { ExportingProcess } from './export/exporting-process.ts';
import type { SinkOptions } from './export-options.ts';
import { parseAggregate } from './meter/aggregate-spec.ts';
import { FlowAggregator } from './meter/flow-aggregator.ts';
import { compileFilter } from './meter/flow-filter.ts';
import type { FlowReceiver, FlowRecord } from './meter/flow-record.ts';
import { makeOwnTraffic } from './meter/own-traffic.ts';
import type { LineOutput } from './print/line-output.ts';

export interface RecordPathOptions {
  readonly sink: Pick<SinkOptions, 'rules' | 'aggregate'>;
  /** Undefined: records are only printed. */
  readonly exporting: Pick<ExportingProcess, 'export' | 'endpoints'> | undefined;
  readonly print:
    | { readonly output: LineOutput; readonly format: (record: FlowRecord) => string }
    | undefined;
}

/** Records by what became of them. */
export interface PathCounters {
  /** Of the exporter's own datagrams. */
  own: number;
  denied: number;
  exported: number;
}

export class RecordPath {
  readonly counters: PathCounters = { own: 0, denied: 0, exported: 0 };
  readonly receive: FlowReceiver;
  readonly #aggregator: FlowAggregator | undefined;

  /** @throws ConfigError: a rule or the aggregation is not understood. */
  constructor({ sink, exporting, print }: RecordPathOptions) {
    const { counters } = this;
    const deliver: FlowReceiver = (record) => {
      counters.exported++;
      exporting?.export(record);
      print?.output.write(print.format(record));
    };
    const aggregator =
      sink.aggregate === undefined
        ? undefined
        : new FlowAggregator({ ...parseAggregate(sink.aggregate), hashSeed: randomInt(2 ** 32) }, deliver);
    this.#aggregator = aggregator;
    const accepts = compileFilter(sink.rules);
    // Names may be resolved again to other addresses, so the exporting process is asked each time.
    let endpoints = exporting?.endpoints() ?? [];
    let isOwn = makeOwnTraffic(endpoints);
    this.receive = (record) => {
      const now = exporting?.endpoints() ?? endpoints;
      if (now !== endpoints) {
        endpoints = now;
        isOwn = makeOwnTraffic(endpoints);
      }
      if (isOwn(record)) counters.own++;
      else if (!accepts(record)) counters.denied++;
      else if (aggregator) aggregator.add(record);
      else deliver(record);
    };
  }

  /** Ends aggregates whose time is over, at most so many; true: there may be more. */
  expire(nowMicros: number, atMost: number): boolean {
    return this.#aggregator?.expire(nowMicros, atMost) ?? false;
  }

  /** Ends all aggregates, at most so many; true: there are more. */
  finish(atMost: number): boolean {
    return this.#aggregator?.finish(atMost) ?? false;
  }

  /** Aggregates that ended early for want of room. */
  get evicted(): number {
    return this.#aggregator?.counters.evicted ?? 0;
  }
}
