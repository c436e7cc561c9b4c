/** The receiving half as one thing: sockets, sources, chunks, and what was lost on the way. */

import type { AllowList } from './allow-list.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { KernelDrops } from './kernel-drops.ts';
import { ReceiptClock } from './receipt-clock.ts';
import { makeDatagramReceiver } from './receive-datagram.ts';
import { SourceTable } from './source-table.ts';
import { openUdpListeners, type UdpListener } from './udp-listener.ts';

/** Losses named per exporter and minute; the rest is one row. */
const maxNamedLosses = 1000;
/** Stands for exporters that are not named. */
const nobody = '::';

export interface ReceptionOptions {
  readonly listen: readonly string[];
  readonly allow: AllowList;
  readonly receiveBufferBytes: number;
  readonly onChunk: (chunk: ArrayBuffer, usedBytes: number) => void;
}

/** What was lost since the last call; the shape of the ledger's `ReceiveLoss`. */
export interface Loss {
  readonly exporter: string;
  readonly refused: number;
  readonly queueDrops: number;
  readonly kernelDrops: number;
}

export class Reception {
  readonly listeners: readonly UdpListener[];
  readonly sources: SourceTable;
  readonly writer: ChunkWriter;
  readonly clock: ReceiptClock;
  readonly kernel: KernelDrops;
  #lastKernelDrops = 0;
  #lastEvicted = { refused: 0, queueDrops: 0 };
  readonly #last = new WeakMap<object, { readonly refused: number; readonly queueDrops: number }>();

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
  }

  /** Throws ConfigError naming every socket that cannot be had. */
  static async open(options: ReceptionOptions): Promise<Reception> {
    const { listen, allow, receiveBufferBytes, onChunk } = options;
    const sources = new SourceTable(allow);
    const writer = new ChunkWriter({ onChunk });
    const clock = new ReceiptClock();
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

  /** What was lost since the last call, by exporter; most are not in it. */
  takeLosses(): readonly Loss[] {
    const losses: Loss[] = [];
    const { evicted } = this.sources;
    let refused = evicted.refused - this.#lastEvicted.refused;
    let queueDrops = evicted.queueDrops - this.#lastEvicted.queueDrops;
    this.#lastEvicted = { refused: evicted.refused, queueDrops: evicted.queueDrops };
    for (const source of this.sources.values()) {
      const last = this.#last.get(source);
      const more = {
        refused: source.refused - (last?.refused ?? 0),
        queueDrops: source.queueDrops - (last?.queueDrops ?? 0),
      };
      if (more.refused === 0 && more.queueDrops === 0) continue;
      this.#last.set(source, { refused: source.refused, queueDrops: source.queueDrops });
      if (losses.length < maxNamedLosses) losses.push({ exporter: source.address, ...more, kernelDrops: 0 });
      else {
        refused += more.refused;
        queueDrops += more.queueDrops;
      }
    }
    const kernelDrops = this.kernelDrops - this.#lastKernelDrops;
    this.#lastKernelDrops = this.kernelDrops;
    if (refused + queueDrops + kernelDrops > 0)
      losses.push({ exporter: nobody, refused, queueDrops, kernelDrops });
    return losses;
  }

  /** Reads what the kernel still holds, closes the sockets, and hands on the last chunk. */
  async close(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.drain()));
    await this.kernel.refresh();
    await Promise.all(this.listeners.map((listener) => listener.close()));
    this.writer.flush();
  }
}
