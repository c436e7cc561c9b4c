/** The Exporting Process (RFC 7011 2): records to one or several collectors. */

import { ConfigError } from '../../shared/service/config-error.ts';
import type { Log } from '../../shared/service/log.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { Delivery, type MakeSession } from './delivery.ts';
import type { DestinationUrl } from './destination-url.ts';
import type { ExportingCounters } from './export-settings.ts';
import type { ExportEndpoint, LookupAddresses } from './udp-destination.ts';

const tickMs = 100;
const pacingMs = 5;
/** Failover: so long a collector that refused is left alone; then its Templates are the probe. */
const probeMs = 30_000;
const probeAnswerMs = 1000;
/** A low rate must not keep us from ending. */
const stoppingMs = 10_000;

export interface ExportingProcessOptions {
  readonly destinations: readonly DestinationUrl[];
  readonly mode: 'mirror' | 'failover';
  readonly mtuBytes?: number | undefined;
  /** Messages a second and destination; 0 is no limit. */
  readonly maxRate: number;
  readonly makeSession: MakeSession;
  readonly log: Log;
  /** The time given to sessions: that of a capture, where NetFlow v9 headers have it. */
  readonly clockMs: () => number;
  readonly nowMs?: () => number;
  readonly lookup?: LookupAddresses;
}

export class ExportingProcess {
  readonly names: readonly string[];
  readonly #options: ExportingProcessOptions;
  readonly #nowMs: () => number;
  readonly #deliveries: readonly Delivery[];
  #active = 0;
  #probedMs = 0;
  #isProbing = false;
  #isStarted = false;
  #ticking: NodeJS.Timeout | undefined;
  #pacing: NodeJS.Timeout | undefined;
  #ready: Promise<void> | undefined;
  #endpoints: readonly ExportEndpoint[] = [];

  constructor(options: ExportingProcessOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.names = options.destinations.map(({ name }) => name);
    this.#deliveries = options.destinations.map(
      (url, index) =>
        new Delivery({
          ...options,
          url,
          mtuBytes: options.mtuBytes,
          nowMs: this.#nowMs,
          onRefused: () => this.#failOver(index),
        }),
    );
  }

  /** Throws ConfigError when no collector can be found; of several, the others are tried again later. */
  async start(): Promise<void> {
    const tries = await Promise.all(
      this.#deliveries.map(({ destination }) =>
        destination.open().catch((error: Error) => `--to ${destination.name}: ${error.message}`),
      ),
    );
    const problems = tries.filter((problem) => problem !== undefined);
    if (problems.length === this.#deliveries.length) throw new ConfigError(problems.join('\n'));
    for (const problem of problems) this.#options.log.warn(`${problem}; it is tried again`);
    this.#isStarted = true;
    if (this.#options.mode === 'failover') {
      this.#active = this.#deliveries.findIndex(({ destination }) => destination.isOpen);
      this.#probedMs = this.#nowMs();
      this.#deliveries[this.#active]?.start();
    } else for (const delivery of this.#deliveries) delivery.start();
    this.#ticking = setInterval(() => this.tick(), tickMs);
    this.#pace();
  }

  export(record: FlowRecord): void {
    if (this.#options.mode === 'failover') this.#deliveries[this.#active]?.export(record);
    else for (const delivery of this.#deliveries) delivery.export(record);
    if (this.#pacing === undefined && this.#isWaiting) this.#pace();
  }

  /** For sources that can wait: undefined means go on. */
  ready(): Promise<void> | undefined {
    if (!this.#congested) return undefined;
    this.#ready ??= this.#untilReady();
    return this.#ready;
  }

  /** Nobody takes records: what is sent now is lost. */
  get isRefused(): boolean {
    return this.#deliveries.every(({ destination }) => !destination.isOpen || destination.isRefusing);
  }

  /** By destination, in the order in which they were given. */
  counters(): readonly ExportingCounters[] {
    return this.#deliveries.map(({ destination }) => destination.counters);
  }

  /** Where our own traffic goes, of the collectors that are known; the same array until one changes. */
  endpoints(): readonly ExportEndpoint[] {
    let known = 0;
    let isSame = true;
    for (const { destination } of this.#deliveries) {
      if (destination.endpoint === undefined) continue;
      isSame &&= this.#endpoints[known++] === destination.endpoint;
    }
    if (!isSame || known !== this.#endpoints.length)
      this.#endpoints = this.#deliveries.flatMap(({ destination }) => destination.endpoint ?? []);
    return this.#endpoints;
  }

  /** What its timer does; tests call it with their own time. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const delivery of this.#deliveries) delivery.tick(nowMs);
    if (this.#options.mode === 'failover') this.#probe(nowMs);
    this.#pace();
  }

  /** Sends what waits, for at most 10 s, and closes the sockets. */
  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    for (const delivery of this.#deliveries) delivery.stop();
    const beganMs = this.#nowMs();
    while (this.#isWaiting && Math.abs(this.#nowMs() - beganMs) < stoppingMs) {
      for (const { pacer } of this.#deliveries) pacer.release(this.#nowMs());
      await new Promise((resolve) => setTimeout(resolve, pacingMs));
    }
    clearTimeout(this.#pacing);
    for (const { pacer } of this.#deliveries) pacer.clear();
    await Promise.all(this.#deliveries.map(({ destination }) => destination.close()));
  }

  get #congested(): boolean {
    if (this.#options.mode === 'failover') return this.#deliveries[this.#active]?.congested ?? false;
    for (const delivery of this.#deliveries) if (delivery.congested) return true;
    return false;
  }

  get #isWaiting(): boolean {
    for (const { pacer } of this.#deliveries) if (pacer.waiting > 0) return true;
    return false;
  }

  async #untilReady(): Promise<void> {
    // Without a pace only the event loop has to turn; timers are too slow for that.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#congested) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#ready = undefined;
  }

  #pace(): void {
    clearTimeout(this.#pacing);
    this.#pacing = undefined;
    const nowMs = this.#nowMs();
    for (const { pacer } of this.#deliveries) pacer.release(nowMs);
    if (this.#isWaiting) this.#pacing = setTimeout(() => this.#pace(), pacingMs);
  }

  /** The active collector refuses: the first one that has not refused of late takes over, if there is one. */
  #failOver(index: number): void {
    if (this.#options.mode === 'mirror' || !this.#isStarted || index !== this.#active) return;
    const sinceMs = this.#nowMs() - probeMs;
    const next = this.#deliveries.findIndex(
      ({ destination }, i) => i !== index && destination.isOpen && destination.refusedMs < sinceMs,
    );
    if (next >= 0) this.#switchTo(next);
  }

  #switchTo(next: number): void {
    this.#options.log.warn(
      `records go to collector ${this.names[next]} now, not to ${this.names[this.#active]}`,
    );
    const to = this.#deliveries[next];
    this.#active = next;
    this.#probedMs = this.#nowMs();
    this.#isProbing = false;
    for (const delivery of this.#deliveries) if (delivery !== to) delivery.stop();
    if (to?.isRunning === false) to.start();
  }

  #probe(nowMs: number): void {
    const first = this.#deliveries[0];
    if (this.#active === 0 || !first?.destination.isOpen) return;
    if (this.#isProbing && nowMs - this.#probedMs >= probeAnswerMs) {
      this.#isProbing = false;
      if (first.destination.refusedMs < this.#probedMs) this.#switchTo(0);
      else first.stop();
    } else if (!this.#isProbing && nowMs - this.#probedMs >= probeMs) {
      this.#isProbing = true;
      this.#probedMs = nowMs;
      first.start();
    }
  }
}
