/**
 * A kernel that tracks connections, and what reaches a meter of it: events and dumps by two ways, each in its order, one as late as
 * it likes after the other; some events never. It knows what a meter must make of that.
 */

import type { ConnectionMeter } from '../../exporter/meter/connection-meter.ts';
import type { Connection } from '../../exporter/observe/connection.ts';
import { makeTestConnection } from './connections.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface SimulatedConnection {
  readonly mark: number;
  readonly id: number;
  readonly tuple: number;
  readonly startMicros: number;
  readonly isOlder: boolean;
  packets: number;
  /** As the first, and the last, entry of a dump said that was delivered; -1: none was. */
  firstListed: number;
  lastListed: number;
  isAlive: boolean;
  /** What became of its DESTROY event. */
  destroy: 'none' | 'delivered' | 'lost' | 'late';
}

interface Message {
  readonly connection: Connection;
  readonly about: SimulatedConnection;
  readonly atMicros: number;
}

export interface SimulationOptions {
  readonly timestamps: boolean;
  /** Of DESTROY events. */
  readonly lossShare: number;
}

const octetsPerPacket = 100;
/** Connections with the same id begin far enough apart to be told from the time of their NEW events. */
const stepMicros = 5_100_000;

export class SimulatedConntrack {
  readonly all: SimulatedConnection[] = [];
  nowMicros = 1_700_000_000e6;
  readonly #random: SeededRandom;
  readonly #options: SimulationOptions;
  readonly #meter: ConnectionMeter;
  #alive: SimulatedConnection[] = [];
  #events: Message[] = [];
  #late: Message[] = [];
  #dumped: Message[] = [];
  #isDumping = false;

  constructor(random: SeededRandom, options: SimulationOptions, meter: ConnectionMeter) {
    this.#random = random;
    this.#options = options;
    this.#meter = meter;
    for (let i = 0; i < 20; i++) this.#open(true);
  }

  /** Time passes: traffic, new connections, and ends. */
  live(quiet = false): void {
    this.nowMicros += stepMicros;
    if (quiet) return;
    const random = this.#random;
    for (const connection of this.#alive) if (random.chance(0.3)) connection.packets += random.between(1, 9);
    if (random.chance(0.7)) this.#open(false);
    if (this.#alive.length > 25) this.#close(random.pick(this.#alive));
    if (random.chance(0.3)) this.#events.push(this.#message('update', random.pick(this.#alive)));
  }

  dump(complete: boolean, quiet = false): void {
    const random = this.#random;
    const startMicros = this.nowMicros;
    this.#meter.dumpStarted(startMicros);
    this.#isDumping = true;
    // The walk goes over the table while that changes; what begins behind its back is not shown.
    for (const connection of [...this.#alive]) {
      if (random.chance(0.3)) this.live(quiet);
      if (connection.isAlive && (complete || random.chance(0.7)))
        this.#dumped.push(this.#message('dump', connection));
      if (random.chance(0.3)) this.#deliverSome();
    }
    for (const message of this.#dumped.splice(0)) this.#deliver(message);
    // Events do not wait for longer than a dump.
    while ((this.#events[0]?.atMicros ?? Number.POSITIVE_INFINITY) <= startMicros) this.#deliverEvent();
    this.#isDumping = false;
    this.#meter.dumpEnded(complete, this.nowMicros);
  }

  deliverEvents(): void {
    while (this.#events.length > 0) this.#deliverEvent();
  }

  /** Events that everybody believed lost; still, they come after those before them. */
  deliverLate(): void {
    this.deliverEvents();
    for (const message of this.#late.splice(0)) this.#deliver(message);
  }

  #open(isOlder: boolean): void {
    const random = this.#random;
    // The kernel keeps a connection, and so its id, until its DESTROY event is delivered.
    const used = new Set([...this.#alive, ...this.#late.map(({ about }) => about)].map(({ tuple }) => tuple));
    const tuple = random.pick([...Array(60).keys()].filter((each) => !used.has(each)));
    const mark = this.all.length + 1;
    const connection: SimulatedConnection = {
      mark,
      // Without timestamps nothing tells connections of the same id apart.
      id: this.#options.timestamps ? tuple * 4 + random.below(2) : mark,
      tuple,
      startMicros: this.nowMicros - (isOlder ? random.between(1e6, 9e6) : 0),
      isOlder,
      packets: isOlder ? random.below(1000) : 1,
      firstListed: -1,
      lastListed: -1,
      isAlive: true,
      destroy: 'none',
    };
    this.all.push(connection);
    this.#alive.push(connection);
    if (!isOlder) this.#events.push(this.#message('new', connection));
  }

  #close(connection: SimulatedConnection): void {
    const random = this.#random;
    connection.isAlive = false;
    this.#alive = this.#alive.filter((each) => each !== connection);
    const message = this.#message('destroy', connection);
    // The kernel says nothing of connections that began before somebody listened.
    const isLost = connection.isOlder || random.chance(this.#options.lossShare);
    if (!isLost) this.#events.push(message);
    else if (random.chance(0.3)) this.#late.push(message);
    if (!isLost) connection.destroy = 'delivered';
    else connection.destroy = this.#late.at(-1) === message ? 'late' : 'lost';
  }

  #message(kind: Connection['kind'], about: SimulatedConnection): Message {
    const { timestamps } = this.#options;
    const hasCounters = kind === 'destroy' || kind === 'dump';
    const family6 = about.tuple % 3 === 0;
    const connection = makeTestConnection({
      kind,
      id: about.id,
      mark: about.mark,
      from: [family6 ? `fd00::${about.tuple}` : `10.0.0.${about.tuple}`, 1000 + about.tuple],
      to: [family6 ? '2001:db8::1' : '192.0.2.1', 443],
      hasCounters,
      packets: hasCounters ? about.packets : 0,
      octets: hasCounters ? about.packets * octetsPerPacket : 0,
      reversePackets: hasCounters ? about.packets * 2 : 0,
      reverseOctets: hasCounters ? about.packets * 2 * octetsPerPacket : 0,
      startMicros: timestamps && hasCounters ? about.startMicros : 0,
      eventMicros: timestamps && kind !== 'dump' ? this.nowMicros : 0,
      timeoutSeconds: kind === 'dump' ? 431_999 : -1,
    });
    return { connection, about, atMicros: this.nowMicros };
  }

  #deliverSome(): void {
    const random = this.#random;
    for (let i = random.below(4); i > 0; i--) {
      if (random.chance(0.5)) this.#deliverEvent();
      else {
        const entry = this.#dumped.shift();
        if (entry !== undefined) this.#deliver(entry);
      }
    }
  }

  #deliverEvent(): void {
    const event = this.#events.shift();
    if (event === undefined) return;
    this.#deliver(event);
    // A kernel that makes sure of delivery may say it twice.
    if (this.#isDumping && event.connection.kind === 'destroy' && this.#random.chance(0.2))
      this.#deliver(event);
  }

  #deliver({ connection, about }: Message): void {
    if (connection.kind === 'dump') {
      if (about.firstListed < 0) about.firstListed = connection.packets;
      about.lastListed = connection.packets;
    }
    this.#meter.connection(connection, this.nowMicros);
  }
}
