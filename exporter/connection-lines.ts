/** Lines of a log of connections: taken apart, understood, metered. */

import { formatTotal } from '../shared/service/format-quantity.ts';
import type { ConnectionLogOptions } from './log-options.ts';
import type { LogCounters, LogUnits, LogUnitsContext } from './log-units.ts';
import { LineSplitter, maxLineBytes } from './logs/line-splitter.ts';
import { makeLoggedConnection } from './logs/logged-connection.ts';
import { parseLogLine } from './logs/parse-log-line.ts';
import { LogMeter } from './meter/log-meter.ts';
import { readConntrackSettings } from './observe/conntrack-settings.ts';
import type { LogEnd, LogStart } from './observe/log-source.ts';

export class ConnectionLines implements LogUnits {
  readonly unit = 'line';
  readonly counters: LogCounters = { units: 0, others: 0, notUnderstood: 0 };
  position = 0;
  line = 0;
  readonly #context: Pick<LogUnitsContext, 'complain'>;
  readonly #meter: LogMeter;
  readonly #logged = makeLoggedConnection();
  readonly #lineContext: {
    nowMicros: number;
    readonly zone: string;
    readonly integerAddresses: 'network' | 'host';
  };
  #splitter: LineSplitter | undefined;

  constructor(
    { events, natEvents, integerAddresses, zone }: ConnectionLogOptions,
    context: Pick<LogUnitsContext, 'receive' | 'complain'>,
  ) {
    this.#context = context;
    this.#lineContext = { nowMicros: 0, zone, integerAddresses };
    const exportEvents = {
      new: events.includes('new'),
      update: events.includes('update'),
      destroy: events.includes('destroy'),
    };
    // Most logs are read where they are written; elsewhere these are the kernel's defaults.
    const { timeouts } = readConntrackSettings();
    this.#meter = new LogMeter({ exportEvents, natEvents, timeouts }, context.receive);
  }

  get records(): number {
    const { flows, listed, unchanged, events, natEvents } = this.#meter.counters;
    return flows + listed - unchanged + events + natEvents;
  }

  get untimed(): number {
    return this.#meter.counters.untimed;
  }

  get made(): string {
    const { flows, listed, events } = this.#meter.counters;
    const made = [
      [flows, 'flow'],
      [events, 'event'],
      [listed, 'listed connection'],
    ] as const;
    const some = made.filter(([count]) => count > 0).map(([count, what]) => formatTotal(count, what));
    return some.length === 0 ? 'nothing' : some.join(', ');
  }

  get fields(): Readonly<Record<string, number>> {
    const { flows, listed, unchanged, events, natEvents } = this.#meter.counters;
    return { flows, events, nat_events: natEvents, listed, unchanged };
  }

  begin({ position, line }: LogStart): void {
    this.position = position;
    this.line = line;
    const isAt = (number: number, endOctets: number): void => {
      this.position = position + endOctets;
      this.line = line + number;
    };
    this.#splitter = new LineSplitter({
      line: (text, number, endOctets) => {
        this.#read(text, line + number);
        isAt(number, endOctets);
      },
      tooLong: (number, endOctets) => {
        this.counters.units++;
        this.#refuse(line + number, `it has more than ${maxLineBytes} octets`);
        isAt(number, endOctets);
      },
    });
  }

  async octets(piece: Uint8Array, writtenMs: number): Promise<void> {
    this.#lineContext.nowMicros = Math.round(writtenMs * 1000);
    this.#splitter?.push(piece);
  }

  async end(how: LogEnd): Promise<void> {
    if (how === 'whole') this.#splitter?.end();
    this.#splitter = undefined;
  }

  #read(text: string, line: number): void {
    const { counters } = this;
    counters.units++;
    const meaning = parseLogLine(text, this.#logged, this.#lineContext);
    if (meaning === 'connection') this.#meter.connection(this.#logged, this.#lineContext.nowMicros);
    else if (meaning === 'other') counters.others++;
    else this.#refuse(line, meaning.problem);
  }

  #refuse(line: number, problem: string): void {
    this.counters.notUnderstood++;
    this.#context.complain(line, problem);
  }
}
