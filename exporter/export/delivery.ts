/** A destination with its Transport Session and its pace. */

import type { FlowRecord } from '../meter/flow-record.ts';
import { maxInFlightMessages } from './connected-socket.ts';
import type { ExportingCounters } from './export-settings.ts';
import { Pacer } from './pacer.ts';
import type { SendMessage, Session } from './session.ts';
import { UdpDestination, type UdpDestinationOptions } from './udp-destination.ts';

/**
 * A collector that comes back after a refusal knows no Templates: they are sent when refusals have ceased for so long. Systems
 * limit ICMP to one a second for each peer (Linux: icmp_ratelimit).
 */
const quietMs = 1500;
/** And not more often than this, for one that goes on refusing. */
const offerMs = 5000;

export type MakeSession = (exporting: ExportingCounters, send: SendMessage) => Session;

export interface DeliveryOptions extends Omit<UdpDestinationOptions, 'onChange'> {
  readonly maxRate: number;
  readonly makeSession: MakeSession;
  readonly clockMs: () => number;
}

export class Delivery {
  readonly destination: UdpDestination;
  readonly pacer: Pacer;
  isRunning = false;
  readonly #session: Session;
  readonly #clockMs: () => number;
  readonly #nowMs: () => number;
  /** The socket at hand has had no session yet. */
  #isNew = true;
  /** There was a refusal since Templates were sent. */
  #isOwed = false;
  #announcedMs = 0;

  constructor(options: DeliveryOptions) {
    const { maxRate, makeSession, clockMs, nowMs } = options;
    this.#clockMs = clockMs;
    this.#nowMs = nowMs;
    this.destination = new UdpDestination({
      ...options,
      onChange: (moveOver) => this.#change(moveOver),
      onRefused: () => {
        this.#isOwed = true;
        options.onRefused();
      },
    });
    const { destination } = this;
    this.pacer = new Pacer({
      maxRate,
      send: (message, contents) => destination.send(message, contents),
      drop: (contents) => destination.drop(contents),
    });
    this.#session = makeSession(destination.counters, (message, contents) =>
      this.pacer.offer(message, contents, nowMs()),
    );
  }

  get congested(): boolean {
    return this.pacer.congested || this.destination.inFlight > maxInFlightMessages / 4;
  }

  /** Sequence numbers go on where the socket is the same: for the collector it is the same Transport Session. */
  start(): void {
    this.isRunning = true;
    this.#announce();
  }

  stop(): void {
    if (this.isRunning) this.#session.stop(this.#clockMs());
    this.isRunning = false;
  }

  export(record: FlowRecord): void {
    this.#session.export(record, this.#clockMs());
  }

  tick(nowMs: number): void {
    this.destination.tick(nowMs);
    if (!this.isRunning) return;
    this.#session.payloadBytes = this.destination.payloadBytes;
    this.#session.tick(this.#clockMs());
    if (!this.#isOwed || Math.abs(nowMs - this.destination.refusedMs) < quietMs) return;
    if (Math.abs(nowMs - this.#announcedMs) >= offerMs) this.#announce();
  }

  #announce(): void {
    this.#isOwed = false;
    this.#announcedMs = this.#nowMs();
    this.#session.payloadBytes = this.destination.payloadBytes;
    if (this.#isNew) this.#session.start(this.#clockMs());
    else this.#session.announce(this.#clockMs());
    this.#isNew = false;
  }

  #change(moveOver: () => void): void {
    const { isRunning } = this;
    this.stop();
    moveOver();
    this.#isNew = true;
    if (isRunning) this.start();
  }
}
