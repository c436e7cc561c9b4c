/** `flowledger export pcap`, put together: octets of a capture, metering, and where records go. */

import { randomInt } from 'node:crypto';
import { CaptureError } from '../shared/capture/capture-error.ts';
import { CaptureReader } from '../shared/capture/capture-reader.ts';
import { formatBytes, formatCount, formatDuration, formatTotal } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { ProgressLine } from '../shared/service/progress-line.ts';
import type { MeteringCounters } from './export/export-settings.ts';
import type { PacketOptions } from './export-options.ts';
import {
  announceExporter,
  describeReadError,
  makeProgressLog,
  runUntilSignal,
} from './exporter-lifecycle.ts';
import { PacketMeter, type PacketMeterOptions } from './meter/packet-meter.ts';
import { openPacketSource, type PacketSource } from './observe/packet-source.ts';
import { makeMeteringCounters, openSink, recordsAtOnce, type Sink } from './open-sink.ts';

const tickMs = 250;
/** UDP has no brake of its own, and a file is read faster than any network takes its flows. */
const fileMaxRate = 20_000;

class PacketExporter {
  readonly #options: PacketOptions;
  readonly #log: Log;
  readonly #source: PacketSource;
  readonly #meter: PacketMeter;
  readonly #sink: Sink;
  readonly #metering: MeteringCounters;
  readonly #progress: ProgressLine;
  readonly #startedAtMs = performance.now();
  #octets = 0;
  #stopped = false;

  constructor(
    options: PacketOptions,
    log: Log,
    source: PacketSource,
    meter: PacketMeter,
    sink: Sink,
    metering: MeteringCounters,
    progress: ProgressLine,
  ) {
    this.#options = options;
    this.#log = log;
    this.#source = source;
    this.#meter = meter;
    this.#sink = sink;
    this.#metering = metering;
    this.#progress = progress;
  }

  /** No more packets than were observed already: these are metered and exported, `run` ends then. */
  stopReading(): void {
    this.#stopped = true;
    this.#source.stop();
  }

  /** Meters everything to the end. Resolves to the exit status: 1 where the capture is damaged. */
  async run(first: Uint8Array | undefined, rest: AsyncIterator<Uint8Array>): Promise<number> {
    const ticks = setInterval(() => this.#tick(), tickMs);
    let status = 0;
    try {
      for (let piece = first; piece !== undefined; ) {
        this.#octets += piece.length;
        this.#meter.push(piece);
        await this.#sink.ready();
        this.#progress.show(this.#reading(), performance.now());
        const next = await rest.next();
        piece = next.done ? undefined : next.value;
      }
      // Whoever stops a file in the middle does not want to hear that it is cut off.
      if (!this.#stopped) this.#meter.end();
    } catch (error) {
      this.#progress.clear();
      status = explain(this.#log, this.#source, error);
    }
    clearInterval(ticks);
    while (this.#meter.finish(recordsAtOnce)) await this.#sink.ready();
    this.#count();
    await this.#sink.stop();
    this.#progress.clear();
    this.#sayGoodbye();
    return this.#sink.failed ? 1 : status;
  }

  #tick(): void {
    if (this.#source.isLive) this.#meter.expire(Date.now() * 1000, recordsAtOnce);
    this.#sink.path.expire(this.#meter.captureMicros, recordsAtOnce);
    this.#sink.flushPrint();
    this.#count();
  }

  #reading() {
    const { packets, flows } = this.#meter.counters;
    const counts = `${formatCount(packets)} packets  ${formatCount(flows)} flows`;
    return { octets: this.#octets, totalOctets: this.#source.totalOctets, counts };
  }

  #count(): void {
    const { counters } = this.#meter;
    this.#metering.observedFlows = counters.flows;
    this.#metering.ignoredPackets = counters.ignoredPackets;
    this.#metering.ignoredOctets = counters.ignoredOctets;
  }

  announce(): void {
    const { activeSeconds, idleSeconds } = this.#options;
    const active =
      activeSeconds === 0 ? 'no active timeout' : `active timeout ${formatDuration(activeSeconds * 1000)}`;
    const announcement = {
      subject: 'packets',
      observing: this.#source.name,
      metering: `${active}, idle timeout ${formatDuration(idleSeconds * 1000)}`,
      source: this.#source.name,
    } as const;
    announceExporter(this.#options, announcement, this.#log);
  }

  #sayGoodbye(): void {
    const { counters } = this.#meter;
    const { denied, own } = this.#sink.path.counters;
    const elapsedMs = performance.now() - this.#startedAtMs;
    for (const line of this.#sink.summary()) this.#log.info(line);
    this.#log.flush();
    const read = `${formatTotal(counters.packets, 'packet')}, ${formatBytes(this.#octets)}`;
    this.#log.info(
      `metered ${formatTotal(counters.flows, 'flow')}, ${formatTotal(counters.records, 'record')} of ${read} in ${formatDuration(elapsedMs)}`,
      {
        ignored_packets: counters.ignoredPackets,
        evicted_flows: counters.evicted,
        denied,
        own_traffic: own,
      },
    );
  }
}

/** Says what is wrong with the capture, and returns the exit status for that. @throws what is wrong with us. */
const explain = (log: Log, source: PacketSource, error: unknown): number => {
  log.error(`${source.name}: ${describeReadError(error)}`);
  source.stop();
  return 1;
};

/** When the first packet was, without taking anything from the octets; 0 where they do not tell yet. */
const firstPacketMs = (octets: Uint8Array | undefined): number => {
  if (octets === undefined) return 0;
  const reader = new CaptureReader();
  reader.push(octets);
  try {
    return (reader.next()?.seconds ?? 0) * 1000;
  } catch (error) {
    // What is wrong with the capture is said when it is metered.
    if (error instanceof CaptureError) return 0;
    throw error;
  }
};

const toMeterOptions = (options: PacketOptions, interfaceIndex: number | undefined): PacketMeterOptions => ({
  activeMicros: options.activeSeconds * 1e6,
  idleMicros: options.idleSeconds * 1e6,
  maxFlows: options.maxFlows,
  keyVlan: options.key.includes('vlan'),
  keyInterface: options.key.includes('interface'),
  details: options.details,
  samplingInterval: options.sampling,
  hashSeed: randomInt(2 ** 32),
  ...(interfaceIndex === undefined ? {} : { interfaceIndex }),
});

/** Runs to the end of the capture, or until a signal ends it. @throws ConfigError when it cannot start. */
export const exportPackets = async (options: PacketOptions): Promise<number> => {
  const { progress, log } = makeProgressLog(options);
  const source = await openPacketSource(options, log);
  const live = source.interfaces[0];
  const interfaces = [...source.interfaces];
  const pieces = source.octets()[Symbol.asyncIterator]();
  let first: Uint8Array | undefined;
  try {
    first = (await pieces.next()).value ?? undefined;
  } catch (error) {
    return explain(log, source, error);
  }
  const metering = makeMeteringCounters();
  let stopReading = (): void => undefined;
  let meter: PacketMeter | undefined;
  const beginMs = source.isLive ? Date.now() : firstPacketMs(first);
  // sysUpTime counts from the first packet, and the header has to be of the same time as the flows (RFC 3954 5.1).
  const isCaptureClock = !source.isLive && options.protocol === 'netflow9' && !options.absoluteTimes;
  const sink = await openSink(options, {
    bootMs: beginMs,
    samplingInterval: options.sampling,
    interfaces,
    activeSeconds: options.activeSeconds,
    idleSeconds: options.idleSeconds,
    maxRate: source.isLive ? 0 : fileMaxRate,
    metering,
    clockMs: () => (isCaptureClock ? Math.max(beginMs, (meter?.captureMicros ?? 0) / 1000) : Date.now()),
    onGone: () => stopReading(),
    log,
  }).catch((error: unknown) => {
    source.stop();
    throw error;
  });
  meter = new PacketMeter(toMeterOptions(options, live?.index), (record) => {
    // A pcapng describes its interfaces before their packets.
    if (live === undefined && record.inInterface > interfaces.length)
      for (const name of (meter?.interfaceNames ?? []).slice(interfaces.length))
        interfaces.push({ index: interfaces.length + 1, name, description: '' });
    sink.path.receive(record);
  });
  const exporter = new PacketExporter(options, log, source, meter, sink, metering, progress);
  stopReading = () => exporter.stopReading();
  exporter.announce();
  return runUntilSignal(log, exporter.run(first, pieces), stopReading);
};
