/** The receiving half as one thing: sockets, sources, chunks, and what was lost on the way. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AllowList } from './allow-list.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { type ControlFrame, writeControlFrame } from './control-frame.ts';
import { KernelDrops } from './kernel-drops.ts';
import { ReceiptClock } from './receipt-clock.ts';
import { makeDatagramReceiver } from './receive-datagram.ts';
import { type Source, SourceTable } from './source-table.ts';
import { openUdpListeners, type UdpListener } from './udp-listener.ts';

const controlMs = 1000;
/** After so many calls without anything to say a control frame is sent all the same: it moves the time of the ledger on. */
const quietCalls = 10;
/** How long the end waits for a free chunk, so that the last losses are told. */
const lastControlMs = 500;
const lastControlStepMs = 20;

export interface ReceptionOptions {
  readonly listen: readonly string[];
  readonly allow: AllowList;
  readonly receiveBufferBytes: number;
  readonly onChunk: (chunk: ArrayBuffer, usedBytes: number) => void;
  /** Where the journal that is continued ends, and its last time of receipt. */
  readonly firstPosition?: number;
  readonly afterMicros?: number;
}

type Told = Pick<Source, 'refused' | 'queueDrops'>;

interface Loser {
  readonly source: Source;
  readonly loss: ControlFrame['exporters'][number];
}

export class Reception {
  readonly listeners: readonly UdpListener[];
  readonly sources: SourceTable;
  readonly writer: ChunkWriter;
  readonly clock: ReceiptClock;
  readonly kernel: KernelDrops;
  /** What control frames have told of each source, and in all. What no source that is still kept accounts for is nobody's. */
  readonly #toldOf = new WeakMap<Source, Told>();
  #told = { datagrams: 0, refused: 0, queueDrops: 0, kernelDrops: 0 };
  #callsInSilence = 0;
  #refreshing: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    listeners: readonly UdpListener[],
    sources: SourceTable,
    writer: ChunkWriter,
    clock: ReceiptClock,
  ) {
    this.listeners = listeners;
    this.sources = sources;
    this.writer = writer;
    this.clock = clock;
    this.kernel = new KernelDrops(listeners);
    this.#timer = setInterval(() => {
      void this.refresh().then(() => this.sendControl());
    }, controlMs);
    this.#timer.unref();
  }

  /** Throws ConfigError naming every socket that cannot be had. */
  static async open(options: ReceptionOptions): Promise<Reception> {
    const { listen, allow, receiveBufferBytes, onChunk, firstPosition = 0, afterMicros = 0 } = options;
    const sources = new SourceTable(allow);
    const writer = new ChunkWriter({ onChunk, firstPosition });
    const clock = new ReceiptClock({ afterMicros });
    const receive = makeDatagramReceiver(sources, writer, clock);
    const listeners = await openUdpListeners(listen, { receive, receiveBufferBytes });
    return new Reception(listeners, sources, writer, clock);
  }

  get datagrams(): number {
    return this.listeners.reduce((sum, listener) => sum + listener.datagrams, 0);
  }

  get refused(): number {
    return this.listeners.reduce((sum, listener) => sum + listener.refused, 0);
  }

  get kernelDrops(): number {
    return this.listeners.reduce((sum, listener) => sum + listener.kernelDrops, 0);
  }

  /** Asks the kernel what it dropped; one question at a time, as an older answer would be taken for a counter that wrapped. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.kernel.refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Puts a control frame behind the datagrams when there is something to say; called once a second. */
  sendControl(): void {
    this.#tell();
  }

  /** Reads what the kernel still holds, closes the sockets, and hands on the last chunk, with what was lost until then. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.listeners.map((listener) => listener.drain()));
    // What is being asked now was asked too early.
    await this.#refreshing;
    await this.refresh();
    await Promise.all(this.listeners.map((listener) => listener.close()));
    for (let waitedMs = 0; !this.#tell() && waitedMs < lastControlMs; waitedMs += lastControlStepMs)
      await sleep(lastControlStepMs);
    this.writer.flush();
  }

  /** False when no chunk was free. Then nothing counts as told, and goes with the next control frame. */
  #tell(): boolean {
    const { datagrams, refused, kernelDrops } = this;
    const { queueDrops } = this.writer;
    const told = this.#told;
    const lost = {
      kernelDrops: kernelDrops - told.kernelDrops,
      refused: refused - told.refused,
      queueDrops: queueDrops - told.queueDrops,
    };
    const isSilent = datagrams === told.datagrams && lost.kernelDrops + lost.refused + lost.queueDrops === 0;
    if (isSilent && ++this.#callsInSilence < quietCalls) return true;
    const losers = lost.refused + lost.queueDrops > 0 ? this.#losers() : [];
    const payload = writeControlFrame({ ...lost, exporters: losers.map(({ loss }) => loss) });
    if (!this.writer.appendControl(payload, this.clock.nowMicros())) return false;
    for (const { source } of losers)
      this.#toldOf.set(source, { refused: source.refused, queueDrops: source.queueDrops });
    this.#told = { datagrams, refused, queueDrops, kernelDrops };
    this.#callsInSilence = 0;
    return true;
  }

  #losers(): readonly Loser[] {
    const losers: Loser[] = [];
    for (const source of this.sources.values()) {
      const last = this.#toldOf.get(source);
      const refused = source.refused - (last?.refused ?? 0);
      const queueDrops = source.queueDrops - (last?.queueDrops ?? 0);
      if (refused + queueDrops > 0) losers.push({ source, loss: [source.address, refused, queueDrops] });
    }
    return losers;
  }
}
