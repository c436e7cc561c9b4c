/** `flowledger export conntrack`, put together: events and dumps of the kernel, metering, and where records go. */

import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes, formatCount, formatDuration, formatTotal } from '../shared/service/format-quantity.ts';
import type { Log, LogFields } from '../shared/service/log.ts';
import type { MeteringCounters } from './export/export-settings.ts';
import type { ConntrackOptions } from './export-options.ts';
import { announceExporter, makeExporterLifecycle, makeExporterLog } from './exporter-lifecycle.ts';
import { ConnectionMeter } from './meter/connection-meter.ts';
import { checkConntrack, gatherConntrackFacts } from './observe/conntrack-check.ts';
import { enableAccounting, readConntrackSettings } from './observe/conntrack-settings.ts';
import { ConntrackSource } from './observe/conntrack-source.ts';
import { findInheritedSocket } from './observe/inherited-socket.ts';
import { makeMeteringCounters, openSink, recordsAtOnce, type Sink } from './open-sink.ts';

const tickMs = 250;
const minuteMs = 60_000;
/** A dump spreads interim records over the active timeout, and makes the kernel tell of connections that have expired. */
const slowestDumpMs = 10_000;
const fastestDumpMs = 1000;
/** Without interim records only what the kernel has not told of is looked for. */
const dumpWithoutActiveMs = 30_000;
const dumpsPerActiveTimeout = 6;
/** Dumps may take this part of one core. */
const dumpShare = 0.1;
/** After lost events: one dump at once, and one that tells which connections are really gone. */
const dumpsAfterLoss = 2;
const secondDumpMs = 1000;

/** The clock that the threads stamp events with. */
const nowMicros = (): number => Date.now() * 1000;

class ConntrackExporter {
  readonly #options: ConntrackOptions;
  readonly #log: Log;
  readonly #source: ConntrackSource;
  readonly #meter: ConnectionMeter;
  readonly #sink: Sink;
  readonly #metering: MeteringCounters;
  readonly #startedAtMs = Date.now();
  #dumpTimer: NodeJS.Timeout | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #minutes: NodeJS.Timeout | undefined;
  #dumping: Promise<void> = Promise.resolve();
  #isDumping = false;
  #dumpsOwed = 0;
  #stopped = false;

  constructor(
    options: ConntrackOptions,
    log: Log,
    source: ConntrackSource,
    meter: ConnectionMeter,
    sink: Sink,
    metering: MeteringCounters,
  ) {
    this.#options = options;
    this.#log = log;
    this.#source = source;
    this.#meter = meter;
    this.#sink = sink;
    this.#metering = metering;
  }

  async start(): Promise<void> {
    const meter = this.#meter;
    meter.begin(nowMicros());
    this.#source.start({
      connection: (connection, receivedMicros) => meter.connection(connection, receivedMicros),
      overrun: (receivedMicros) => this.#overrun(receivedMicros),
    });
    await this.#dump();
    this.#announce();
    this.#ticks = setInterval(() => {
      this.#sink.path.expire(nowMicros(), recordsAtOnce);
      this.#sink.flushPrint();
    }, tickMs);
    this.#minutes = setInterval(() => this.#reportMinute(), minuteMs);
  }

  /** The last counters, the events still queued, and a last record of every connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#dumpTimer);
    clearInterval(this.#ticks);
    clearInterval(this.#minutes);
    await this.#dumping;
    await this.#runDump();
    await this.#source.stop();
    while (this.#meter.finish(nowMicros(), recordsAtOnce)) await this.#sink.ready();
    this.#count();
    await this.#sink.stop();
    this.#sayGoodbye();
  }

  /** A dump, and then the next one when it is time. */
  async #dump(): Promise<void> {
    if (!this.#source.canDump || this.#isDumping) return;
    if (this.#dumpsOwed > 0) this.#dumpsOwed--;
    const beginMs = performance.now();
    this.#isDumping = true;
    this.#dumping = this.#runDump();
    await this.#dumping;
    this.#isDumping = false;
    if (!this.#stopped) this.#schedule(this.#nextDumpMs(performance.now() - beginMs));
  }

  #nextDumpMs(tookMs: number): number {
    // Both are owed still: events were lost while the dump ran, and it may have begun too early to tell.
    if (this.#dumpsOwed > 0) return this.#dumpsOwed === dumpsAfterLoss ? 0 : secondDumpMs;
    const { activeSeconds } = this.#options;
    const spreadMs = (activeSeconds * 1000) / dumpsPerActiveTimeout;
    const usualMs =
      activeSeconds === 0 ? dumpWithoutActiveMs : Math.max(fastestDumpMs, Math.min(slowestDumpMs, spreadMs));
    return Math.max(usualMs, tookMs / dumpShare);
  }

  #schedule(ms: number): void {
    clearTimeout(this.#dumpTimer);
    this.#dumpTimer = setTimeout(() => void this.#dump(), ms);
  }

  async #runDump(): Promise<void> {
    if (!this.#source.canDump) return;
    this.#meter.dumpStarted(nowMicros());
    const { complete } = await this.#source.dump();
    this.#meter.dumpEnded(complete, nowMicros());
  }

  #overrun(receivedMicros: number): void {
    const metering = this.#metering;
    metering.overruns++;
    metering.lastLossMs = Math.floor(receivedMicros / 1000);
    metering.firstLossMs ||= metering.lastLossMs;
    this.#log.limited('overrun', 'warn', 'the kernel lost events: the receive buffer was full', {
      buffer: formatBytes(this.#source.receiveBufferBytes),
      remedy: 'a larger --buffer, fewer --events, or --reliable',
    });
    if (this.#stopped || !this.#source.canDump) return;
    metering.resyncs++;
    this.#dumpsOwed = dumpsAfterLoss;
    if (!this.#isDumping) this.#schedule(0);
  }

  #count(): void {
    const { flows, interims, events, natEvents } = this.#meter.counters;
    this.#metering.observedFlows = flows + interims + events + natEvents;
  }

  #announce(): void {
    const { events, activeSeconds } = this.#options;
    const interims =
      activeSeconds > 0
        ? `interim records every ${formatDuration(activeSeconds * 1000)}`
        : 'no interim records';
    const announcement = {
      subject: 'connections',
      observing: `conntrack events: ${events.join(', ')}; receive buffer ${formatBytes(this.#source.receiveBufferBytes)}`,
      metering: `${formatCount(this.#meter.size)} connections now; ${interims}`,
      source: 'conntrack',
      numbers: { connections: this.#meter.size },
    } as const;
    announceExporter(this.#options, announcement, this.#log);
  }

  #reportMinute(): void {
    this.#count();
    const { counters: events } = this.#source;
    const { flows, interims } = this.#meter.counters;
    this.#log.flush();
    this.#log.info('status', {
      connections: this.#meter.size,
      events: events.events,
      overruns: events.overruns,
      flows,
      interims,
      denied: this.#sink.path.counters.denied,
      lost: this.#sink.lost,
      ...this.#attributionFields(),
    });
  }

  /** Ends of connections by what is known of their processes. */
  #attributionFields(): LogFields | undefined {
    const counters = this.#source.attribution;
    return (
      counters && {
        process_exact: counters.exact,
        process_cached: counters.cached,
        process_cgroup_only: counters.cgroup,
        process_uid_only: counters.uid,
        process_unknown: counters.unknown,
        not_local: counters.remote,
        not_looked_up: counters.skipped,
      }
    );
  }

  #sayGoodbye(): void {
    const { flows, interims, events, natEvents } = this.#meter.counters;
    const { denied, own } = this.#sink.path.counters;
    for (const line of this.#sink.summary()) this.#log.info(line);
    this.#log.flush();
    this.#log.info(
      `metered ${formatTotal(flows, 'flow')} and ${formatTotal(interims, 'interim record')} in ${formatDuration(Date.now() - this.#startedAtMs)}`,
      {
        new_and_update_events: events,
        nat_events: natEvents,
        kernel_events: this.#source.counters.events,
        overruns: this.#source.counters.overruns,
        denied,
        own_traffic: own,
        ...this.#attributionFields(),
      },
    );
  }
}

/** What is wrong with the kernel's settings, in words; `--enable` has been done before. */
const reportCheck = (log: Log, options: ConntrackOptions): void => {
  const facts = gatherConntrackFacts(options.bufferBytes);
  for (const { level, message } of checkConntrack(facts)) log[level](message);
};

/** Runs until a signal ends it; the process exits then. @throws ConfigError when it cannot start. */
export const exportConntrack = async (options: ConntrackOptions): Promise<number> => {
  if (!options.flows && options.natEvents === 'off')
    throw new ConfigError('--no-flows leaves nothing to export without --nat-events');
  const log = makeExporterLog(options);
  if (options.enable) enableAccounting();
  const settings = readConntrackSettings();
  const metering = makeMeteringCounters();
  const wantsNew =
    options.events.includes('new') ||
    options.natEvents !== 'off' ||
    options.processes !== undefined ||
    !settings.timestamps;
  const source = ConntrackSource.open({
    events: [
      ...(wantsNew ? (['new'] as const) : []),
      ...(options.events.includes('update') ? (['update'] as const) : []),
      'destroy' as const,
    ],
    bufferBytes: options.bufferBytes,
    reliable: options.reliable,
    inheritedFd: findInheritedSocket(process.env),
    processes: options.processes,
    log,
  });
  let end = (): void => undefined;
  const sink = await openSink(options, {
    bootMs: Date.now(),
    samplingInterval: 1,
    interfaces: [],
    activeSeconds: options.activeSeconds,
    idleSeconds: 0,
    maxRate: 0,
    metering,
    clockMs: Date.now,
    onGone: () => end(),
    log,
  });
  reportCheck(log, options);
  const meter = new ConnectionMeter(
    {
      activeMicros: options.activeSeconds * 1e6,
      maxConnections: options.maxConnections,
      exportEvents: {
        new: options.events.includes('new'),
        update: options.events.includes('update'),
        destroy: options.events.includes('destroy'),
      },
      natEvents: options.natEvents,
      flows: options.flows,
      rememberNew: !settings.timestamps,
      timeouts: settings.timeouts,
    },
    sink.path.receive,
  );
  const exporter = new ConntrackExporter(options, log, source, meter, sink, metering);
  const lifecycle = makeExporterLifecycle(log);
  lifecycle.onStop('exporter', () => exporter.stop());
  end = () => void lifecycle.stop(sink.failed ? 1 : 0);
  await exporter.start();
  return new Promise<number>(() => undefined);
};
