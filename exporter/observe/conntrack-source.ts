/**
 * Events and dumps of the kernel's connection tracking in this network namespace. Events are read by a thread of their own, and
 * dumps by another one with its own socket, so that events never wait behind them; all is decoded on the thread that opened it.
 */

import { readSync, writeSync } from 'node:fs';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { Log } from '../../shared/service/log.ts';
import { type AttributionCounters, makeAttributionCounters } from './attribution.ts';
import { AttributionBook } from './attribution-book.ts';
import type { AttributionReport } from './attribution-recorder.ts';
import { type Connection, makeConnection } from './connection.ts';
import { makeRequest, messageTypes, readErrorNumber, visitMessages } from './netlink-message.ts';
import { NetlinkReader, type ReaderProcesses } from './netlink-reader.ts';
import { findNetfilterGroups, howToGiveCapability, NetlinkSocket } from './netlink-socket.ts';
import type { CommandOptions } from './process-describer.ts';
import type { ProcessFacts } from './process-facts.ts';
import { readConnection } from './read-connection.ts';

export interface ConntrackSourceOptions {
  /** Which to ask the kernel for; the groups of an inherited socket are given. */
  readonly events: readonly ('new' | 'update' | 'destroy')[];
  /** Receive buffer for events; the kernel may give less, see `receiveBufferBytes`. */
  readonly bufferBytes: number;
  /** The kernel keeps events that found no room and tries again, rather than to say that they are lost. */
  readonly reliable: boolean;
  /** From `findInheritedSocket`. */
  readonly inheritedFd: number | undefined;
  /** Look for the processes at the ends of new connections; undefined: do not. */
  readonly processes: CommandOptions | undefined;
  readonly log: Pick<Log, 'info' | 'warn' | 'error' | 'debug' | 'limited'>;
}

export interface ConntrackReceiver {
  /** `connection` is the caller's again when it returns. */
  connection(connection: Connection, receivedMicros: number): void;
  /** Events are lost. All that were lost were before this call, and a dump that begins now misses none of them. */
  overrun(receivedMicros: number): void;
}

export interface DumpResult {
  /** False: entries may be missing, or be there twice. */
  readonly complete: boolean;
  readonly entries: number;
}

/** NF_NETLINK_CONNTRACK_NEW, _UPDATE, _DESTROY. */
const groupBits = { new: 1, update: 2, destroy: 4 } as const;
/** How long the reading thread sleeps when nothing is there: to be woken by each event costs more than to read it. */
const longestNapMs = 10;
const someProcessesHidden =
  'some processes may not be looked into: of their connections only user and control group are told; run it as root, or give it CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, too';
/** Where processes are looked for, reading waits for an event; it looks up so often whether it is to stop. */
const eventTimeoutMs = 20;
/** A buffer of this size takes 200,000 events a second for a millisecond. */
const bufferBytesPerMs = 200 << 10;
/** The kernel answers a dump while it is asked: nothing for so long means that there is no more. */
const dumpTimeoutMs = 2000;
const notPermitted = 1;
/** Lost events are told when the queue is shorter than this part of the buffer, */
const drainedShare = 1 / 64;
/** or after so long. */
const maxOverrunMicros = 1_000_000;

const openEvents = (options: ConntrackSourceOptions): NetlinkSocket => {
  const groups = options.events.reduce((mask, event) => mask | groupBits[event], 0);
  if (options.inheritedFd === undefined) return NetlinkSocket.open(groups);
  const given = findNetfilterGroups(options.inheritedFd) ?? 0;
  const advice = `ListenNetlink=netfilter ${groups | given}`;
  if ((given & groups) === 0)
    throw new ConfigError(`the inherited socket listens to none of ${options.events.join(', ')}: ${advice}`);
  if ((given & groups) !== groups)
    options.log.warn(
      `the inherited socket does not listen to all of ${options.events.join(', ')}: ${advice}`,
    );
  return NetlinkSocket.inherit(options.inheritedFd);
};

/** Asks for the number of connections: who may not have that may not have a dump either. @throws ConfigError */
const isPermitted = (fd: number): boolean => {
  const answer = new Uint8Array(4096);
  const view = new DataView(answer.buffer);
  writeSync(fd, makeRequest(messageTypes.connectionStatistics, 0, 0));
  const length = readSync(fd, answer);
  let errorNumber = 0;
  visitMessages(view, 0, length, (type, at, end) => {
    if (type === messageTypes.error) errorNumber = readErrorNumber(view, at, end);
  });
  if (errorNumber !== 0 && errorNumber !== notPermitted)
    throw new ConfigError(
      `the kernel knows no connections (error ${errorNumber}): modprobe nf_conntrack_netlink`,
    );
  return errorNumber === 0;
};

export class ConntrackSource {
  readonly receiveBufferBytes: number;
  /** False: only events, for want of CAP_NET_ADMIN. */
  readonly canDump: boolean;
  readonly counters = { events: 0, overruns: 0, dumps: 0, malformed: 0, unknownMessages: 0, lost: 0 };
  readonly #log: ConntrackSourceOptions['log'];
  readonly #eventSocket: NetlinkSocket;
  readonly #dumpSocket: NetlinkSocket;
  readonly #processes: CommandOptions | undefined;
  /** Sockets of sock_diag, a reader each. */
  readonly #diagSockets: NetlinkSocket[] = [];
  readonly #eventBook = new AttributionBook();
  readonly #dumpBook = new AttributionBook();
  #eventReader: NetlinkReader | undefined;
  #dumpReader: NetlinkReader | undefined;
  #receiver: ConntrackReceiver = { connection: () => undefined, overrun: () => undefined };
  readonly #connection = makeConnection();
  /** Receive time of the message at hand. */
  #receivedMicros = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array = new Uint8Array(0);
  /** Facts of the message at hand are in this book, at this place of the view. */
  #book = this.#eventBook;
  #processesAt = 0;
  #numbersLeft = 0;
  #saidHidden = false;
  #dumpEntries = 0;
  #drops: number;
  /** Not 0: events were lost then, and perhaps still are. */
  #overrunMicros = 0;

  private constructor(options: ConntrackSourceOptions, events: NetlinkSocket, dumps: NetlinkSocket) {
    this.#log = options.log;
    this.#eventSocket = events;
    this.#dumpSocket = dumps;
    this.receiveBufferBytes = events.growReceiveBuffer(options.bufferBytes);
    if (options.reliable) events.makeReliable();
    this.#processes = options.processes;
    if (options.processes === undefined) events.stopBlocking();
    else events.setReceiveTimeout(eventTimeoutMs);
    dumps.setReceiveTimeout(dumpTimeoutMs);
    this.canDump = isPermitted(dumps.fd);
    this.#drops = events.readQueue().drops;
  }

  /** The kernel queues events from now on. @throws ConfigError: what is missing, and how to give it. */
  static open(options: ConntrackSourceOptions): ConntrackSource {
    const source = new ConntrackSource(options, openEvents(options), NetlinkSocket.open(0));
    if (!source.canDump)
      options.log.warn(`no dumps of connections, and so no interim records: ${howToGiveCapability}`);
    return source;
  }

  /** Events arrive from now on, in their order. */
  start(receiver: ConntrackReceiver): void {
    this.#receiver = receiver;
    const napMs = Math.max(1, Math.min(longestNapMs, this.receiveBufferBytes / bufferBytesPerMs));
    const { receiveBufferBytes } = this;
    const eventProcesses = this.#openProcesses(receiveBufferBytes);
    this.#eventReader = new NetlinkReader('events', this.#eventSocket.fd, napMs, eventProcesses, {
      report: (report) => this.#learn(this.#eventBook, report),
      datagram: (view, bytes, at, end, micros, processesAt, attributed) => {
        this.#setProcesses(this.#eventBook, processesAt, attributed);
        this.#read(view, bytes, at, end, micros, this.#onEvent);
      },
      overrun: (micros) => {
        this.counters.overruns++;
        this.#overrunMicros ||= micros;
      },
      chunkEnd: () => this.#tellOverrun(),
    });
    const dumpProcesses = this.#openProcesses(0);
    this.#dumpReader = new NetlinkReader('dump', this.#dumpSocket.fd, napMs, dumpProcesses, {
      report: (report) => this.#learn(this.#dumpBook, report),
      datagram: (view, bytes, at, end, micros, processesAt, attributed) => {
        this.#setProcesses(this.#dumpBook, processesAt, attributed);
        this.#read(view, bytes, at, end, micros, this.#onDump);
      },
      overrun: () => undefined,
      chunkEnd: () => undefined,
    });
  }

  /** Of events and dumps; undefined: processes are not looked for. */
  get attribution(): AttributionCounters | undefined {
    if (this.#processes === undefined) return undefined;
    const sum = makeAttributionCounters();
    for (const { counters } of [this.#eventBook, this.#dumpBook])
      for (const name of Object.keys(sum) as (keyof AttributionCounters)[]) sum[name] += counters[name];
    return sum;
  }

  /** All connections of IPv4 and IPv6, as `dump` to the receiver before it resolves. One at a time, and after `start`. */
  async dump(): Promise<DumpResult> {
    if (!this.canDump || this.#dumpReader === undefined) return { complete: false, entries: 0 };
    this.#dumpEntries = 0;
    // Later ones have the same connections, and those whose beginning was read.
    const withProcesses = this.#processes !== undefined && this.counters.dumps === 0;
    const { complete, errorNumber } = await this.#dumpReader.dump(withProcesses);
    this.counters.dumps++;
    if (errorNumber !== 0)
      this.#log.limited('dump', 'warn', 'the kernel refuses a dump of connections', { error: errorNumber });
    return { complete, entries: this.#dumpEntries };
  }

  /** What the kernel had queued has reached the receiver when it resolves, and the threads have ended. */
  async stop(): Promise<void> {
    await Promise.all([this.#eventReader?.stop(), this.#dumpReader?.stop()]);
    if (this.#overrunMicros !== 0) this.#deliverOverrun();
    this.#eventSocket.close();
    this.#dumpSocket.close();
    for (const socket of this.#diagSockets) socket.close();
  }

  #openProcesses(receiveBufferBytes: number): ReaderProcesses | undefined {
    if (this.#processes === undefined) return undefined;
    const socket = NetlinkSocket.openSockDiag();
    this.#diagSockets.push(socket);
    return { ...this.#processes, diagFd: socket.fd, receiveBufferBytes };
  }

  #learn(book: AttributionBook, report: AttributionReport): void {
    book.learn(report);
    if (!report.isDenied || this.#saidHidden) return;
    this.#saidHidden = true;
    this.#log.warn(someProcessesHidden);
  }

  #setProcesses(book: AttributionBook, processesAt: number, attributed: number): void {
    this.#book = book;
    this.#processesAt = processesAt;
    this.#numbersLeft = 2 * attributed;
  }

  #read(
    view: DataView,
    bytes: Uint8Array,
    at: number,
    end: number,
    receivedMicros: number,
    visit: (type: number, at: number, end: number) => void,
  ): void {
    this.#receivedMicros = receivedMicros;
    this.#view = view;
    this.#bytes = bytes;
    if (!visitMessages(view, at, end, visit)) this.counters.malformed++;
  }

  readonly #onEvent = (type: number, at: number, end: number): void => {
    if (type !== messageTypes.connectionNew && type !== messageTypes.connectionDelete) {
      this.counters.unknownMessages++;
      return;
    }
    this.counters.events++;
    this.#deliver(at, end);
  };

  readonly #onDump = (type: number, at: number, end: number): void => {
    if (type === messageTypes.connectionNew) {
      this.#dumpEntries++;
      this.#deliver(at, end);
    } else if (type !== messageTypes.done && type !== messageTypes.error) this.counters.unknownMessages++;
  };

  #deliver(at: number, end: number): void {
    const connection = this.#connection;
    const src = this.#nextProcess();
    const dst = this.#nextProcess();
    if (readConnection(connection, this.#view, this.#bytes, at, end)) {
      connection.srcProcess = src;
      connection.dstProcess = dst;
      this.#receiver.connection(connection, this.#receivedMicros);
    } else this.counters.malformed++;
  }

  /** Two for each message, source and destination. */
  #nextProcess(): ProcessFacts | undefined {
    if (this.#numbersLeft === 0) return undefined;
    const number = this.#view.getUint32(this.#processesAt, true);
    this.#processesAt += 4;
    this.#numbersLeft--;
    return this.#book.find(number);
  }

  /**
   * The kernel says ENOBUFS before the messages that are still queued, and drops all events until they are read to the last one,
   * without saying so again. To tell the receiver earlier would make it dump too early.
   */
  #tellOverrun(): void {
    if (this.#overrunMicros === 0) return;
    const { queuedBytes } = this.#eventSocket.readQueue();
    const isDrained = queuedBytes <= this.receiveBufferBytes * drainedShare;
    if (isDrained || this.#receivedMicros - this.#overrunMicros > maxOverrunMicros) this.#deliverOverrun();
  }

  #deliverOverrun(): void {
    const { drops } = this.#eventSocket.readQueue();
    // A counter of 32 bits, that may have begun anew.
    this.counters.lost += (drops - this.#drops) >>> 0;
    this.#drops = drops;
    const micros = this.#overrunMicros;
    this.#overrunMicros = 0;
    this.#receiver.overrun(micros);
  }
}
