/** Where records of either source go: the Exporting Process, standard output, and the path that leads there. */

import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes, formatTotal } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import { parseDestination } from './export/destination-url.ts';
import type { ExportSettings, MeteringCounters } from './export/export-settings.ts';
import { ExportingProcess } from './export/exporting-process.ts';
import { TransportSession } from './export/transport-session.ts';
import type { PrintFormat, SinkOptions } from './export-options.ts';
import type { FlowRecord } from './meter/flow-record.ts';
import { formatJson } from './print/format-json.ts';
import { formatLog } from './print/format-log.ts';
import { compileTemplate } from './print/format-template.ts';
import { formatText, textHeader } from './print/format-text.ts';
import { LineOutput } from './print/line-output.ts';
import { RecordPath } from './record-path.ts';

/** Records made in one go, before those that send and print them get their turn. */
export const recordsAtOnce = 2000;
/** Reserved for examples by RFC 5612. */
const examplePen = 32473;

/** What the source knows and the Exporting Process needs. */
export interface SinkFacts extends Pick<ExportSettings, 'bootMs' | 'samplingInterval' | 'interfaces'> {
  readonly activeSeconds: number;
  readonly idleSeconds: number;
  /** Where the options leave it open; 0 is no limit. */
  readonly maxRate: number;
  readonly metering: MeteringCounters;
  /** Milliseconds since 1970 for the headers of Messages. */
  readonly clockMs: () => number;
  /** The reader of standard output has gone, and there is nobody else who wants records. */
  readonly onGone: () => void;
  readonly log: Log;
}

export const makeMeteringCounters = (): MeteringCounters => ({
  observedFlows: 0,
  ignoredPackets: 0,
  ignoredOctets: 0,
  overruns: 0,
  resyncs: 0,
  firstLossMs: 0,
  lastLossMs: 0,
});

const printers: Readonly<Record<PrintFormat, (colour: boolean) => (record: FlowRecord) => string>> = {
  text: (colour) => formatText({ colour }),
  json: () => formatJson,
  log: () => formatLog,
};

/** @throws ConfigError: the template is wrong. */
const makePrinter = (
  print: PrintFormat,
  { format, timeFormat }: Pick<SinkOptions, 'format' | 'timeFormat'>,
): ((record: FlowRecord) => string) => {
  if (format !== undefined) return compileTemplate({ template: format, timeFormat });
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return printers[print](colour);
};

const makeSettings = (options: SinkOptions, facts: SinkFacts): ExportSettings => ({
  protocol: options.protocol,
  domain: options.domain,
  uniflow: options.uniflow,
  absoluteTimes: options.absoluteTimes,
  pen: options.pen ?? examplePen,
  maxDelayMs: options.maxDelayMs,
  templateRefreshMs: options.templateRefreshMs,
  templateRefreshMessages: options.templateRefreshMessages,
  bootMs: facts.bootMs,
  description: {
    version: options.version,
    activeTimeoutSeconds: facts.activeSeconds,
    idleTimeoutSeconds: facts.idleSeconds,
  },
  samplingInterval: facts.samplingInterval,
  interfaces: facts.interfaces,
});

export class Sink {
  readonly path: RecordPath;
  readonly #exporting: ExportingProcess | undefined;
  readonly #output: LineOutput | undefined;

  constructor(path: RecordPath, exporting: ExportingProcess | undefined, output: LineOutput | undefined) {
    this.path = path;
    this.#exporting = exporting;
    this.#output = output;
  }

  /** For sources that can wait: undefined when they need not. */
  ready(): Promise<void> | undefined {
    return this.#exporting?.ready() ?? this.#output?.ready();
  }

  /** Whoever can wait should not send: no collector takes records. */
  get isRefused(): boolean {
    return this.#exporting?.isRefused ?? false;
  }

  /** Lines that were put together go to standard output. */
  flushPrint(): void {
    this.#output?.flush();
  }

  /** Lines could not be written, though nobody had left. */
  get failed(): boolean {
    return this.#output?.failed ?? false;
  }

  /** Records that no datagram took to a collector. */
  get notSent(): number {
    return this.#exporting?.counters().reduce((sum, c) => sum + c.notSentFlows, 0) ?? 0;
  }

  /** Records or lines that were lost on the way out. */
  get lost(): number {
    return this.notSent + (this.#output?.dropped ?? 0);
  }

  /** Sends and writes what waits; records may come until then. */
  async stop(): Promise<void> {
    while (this.path.finish(recordsAtOnce)) await this.ready();
    await this.#exporting?.stop();
    await this.#output?.end();
  }

  /** `udp://192.0.2.10:4739: 12345 records in 1123 datagrams, 1.5 MiB; none lost`, a text for each collector. */
  summary(): readonly string[] {
    const lines =
      this.#exporting?.counters().map((c, i) => {
        const lost = c.notSentFlows === 0 ? 'none lost' : `${formatTotal(c.notSentFlows, 'record')} not sent`;
        const name = this.#exporting?.names[i] ?? '';
        return `${name}: ${formatTotal(c.flowRecords, 'record')} in ${formatTotal(c.messages, 'datagram')}, ${formatBytes(c.octets)}; ${lost}`;
      }) ?? [];
    const dropped = this.#output?.dropped ?? 0;
    return dropped === 0
      ? lines
      : [...lines, `${formatTotal(dropped, 'line')} not printed: their reader was too slow, or left`];
  }
}

/**
 * Resolves names and opens sockets.
 * @throws ConfigError: there is nowhere to send, a URL, rule, aggregation or template is wrong, no collector can be found.
 */
export const openSink = async (options: SinkOptions, facts: SinkFacts): Promise<Sink> => {
  const { to, print } = options;
  if (to.length === 0 && print === undefined)
    throw new ConfigError('nowhere to send records: give --to udp://HOST:PORT, or --print to see them');
  if (options.failover && to.length < 2)
    throw new ConfigError('--failover needs a second --to to fail over to');
  const settings = makeSettings(options, facts);
  const exporting =
    to.length === 0
      ? undefined
      : new ExportingProcess({
          destinations: to.map(parseDestination),
          mode: options.failover ? 'failover' : 'mirror',
          mtuBytes: options.mtuBytes,
          maxRate: options.maxRate ?? facts.maxRate,
          makeSession: (exportingCounters, send) =>
            new TransportSession(settings, facts.metering, exportingCounters, send),
          clockMs: facts.clockMs,
          log: facts.log,
        });
  const onGone = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') facts.log.error(`standard output: ${error.message}`);
    if (to.length === 0) facts.onGone();
    else facts.log.warn('nothing goes to standard output any more: records are only exported');
  };
  const output = print === undefined ? undefined : new LineOutput(process.stdout, onGone);
  const path = new RecordPath({
    sink: options,
    exporting,
    print: print && output ? { output, format: makePrinter(print, options) } : undefined,
  });
  if (exporting && options.pen === undefined)
    facts.log.info(
      `options name our own elements under enterprise number ${examplePen}, the one for examples; --pen gives another`,
    );
  await exporting?.start();
  if (print === 'text' && options.format === undefined) output?.write(textHeader());
  return new Sink(path, exporting, output);
};
