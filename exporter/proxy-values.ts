/** JSON values of a proxy's log: taken apart, understood, metered. */

import { formatTotal } from '../shared/service/format-quantity.ts';
import type { LogCounters, LogUnits, LogUnitsContext } from './log-units.ts';
import { JsonValues } from './logs/json-values.ts';
import { readTraces } from './logs/parse-conntrace.ts';
import type { ProxyTrace } from './logs/proxy-trace.ts';
import { TraceMeter } from './meter/trace-meter.ts';
import type { LogEnd, LogStart } from './observe/log-source.ts';

/** A search response may have any number of them. */
const tracesAtOnce = 1000;

interface FoundValue {
  readonly text: string;
  readonly line: number;
  readonly endOctets: number;
}

const countLineEnds = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
};

const parseValue = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

export class ProxyValues implements LogUnits {
  readonly unit = 'JSON value';
  readonly counters: LogCounters = { units: 0, others: 0, notUnderstood: 0 };
  /** Traces say when they were logged. */
  readonly untimed = 0;
  position = 0;
  line = 0;
  readonly #context: LogUnitsContext;
  readonly #meter: TraceMeter;
  #start: LogStart = { position: 0, line: 0 };
  #values: JsonValues | undefined;
  /** Taken apart, and not looked at yet. */
  #found: FoundValue[] = [];

  constructor(context: LogUnitsContext) {
    this.#context = context;
    this.#meter = new TraceMeter(context.receive);
  }

  get records(): number {
    return this.#meter.traces;
  }

  get made(): string {
    return formatTotal(this.#meter.traces, 'request');
  }

  get fields(): Readonly<Record<string, number>> {
    return { requests: this.#meter.traces };
  }

  begin(start: LogStart): void {
    this.#start = start;
    this.position = start.position;
    this.line = start.line;
    this.#values = new JsonValues({
      value: (text, line, endOctets) => this.#found.push({ text, line: start.line + line, endOctets }),
      problem: (problem, line) => {
        this.counters.units++;
        this.#refuse(start.line + line, problem);
      },
    });
  }

  async octets(piece: Uint8Array): Promise<void> {
    this.#values?.push(piece);
    await this.#readFound();
  }

  async end(how: LogEnd): Promise<void> {
    if (how === 'whole') this.#values?.end();
    await this.#readFound();
    this.#values = undefined;
  }

  async #readFound(): Promise<void> {
    const found = this.#found;
    this.#found = [];
    for (const { text, line, endOctets } of found) {
      await this.#read(text, line);
      this.position = this.#start.position + endOctets;
      this.line = line - 1 + countLineEnds(text);
    }
  }

  async #read(text: string, line: number): Promise<void> {
    const { counters } = this;
    counters.units++;
    const parsed = parseValue(text);
    if (parsed === undefined) {
      this.#refuse(line, 'it is no JSON');
      return;
    }
    const traces: ProxyTrace[] = [];
    const { others, problems, problem } = readTraces(parsed.value, (trace) => traces.push(trace));
    counters.others += others;
    counters.notUnderstood += problems;
    if (problem !== undefined) this.#context.complain(line, problem);
    for (const [nth, trace] of traces.entries()) {
      this.#meter.trace(trace);
      if (nth % tracesAtOnce === tracesAtOnce - 1) await this.#context.ready();
    }
  }

  #refuse(line: number, problem: string): void {
    this.counters.notUnderstood++;
    this.#context.complain(line, problem);
  }
}
