/** The receiving half as one thing: sockets, sources, chunks, and what was lost on the way. */

import type { AllowList } from './allow-list.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { KernelDrops } from './kernel-drops.ts';
import { ReceiptClock } from './receipt-clock.ts';
import { makeDatagramReceiver } from './receive-datagram.ts';
import { type Source, SourceTable } from './source-table.ts';
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

const sumOf = (losses: readonly Loss[], name: 'refused' | 'queueDrops'): number =>
  losses.reduce((sum, loss) => sum + loss[name], 0);

export class Reception {
  readonly listeners: readonly UdpListener[];
  readonly sources: SourceTable;
  readonly writer: ChunkWriter;
  readonly clock: ReceiptClock;
  readonly kernel: KernelDrops;
  readonly #reported = new WeakMap<Source, Pick<Source, 'refused' | 'queueDrops'>>();
  /** The totals at the last report. What no source that is still kept accounts for is nobody's. */
  #totals = { refused: 0, queueDrops: 0, kernelDrops: 0 };

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
    const named: Loss[] = [];
    for (const source of this.sources.values()) {
      const last = this.#reported.get(source);
      const refused = source.refused - (last?.refused ?? 0);
      const queueDrops = source.queueDrops - (last?.queueDrops ?? 0);
      if (refused + queueDrops === 0) continue;
      this.#reported.set(source, { refused: source.refused, queueDrops: source.queueDrops });
      if (named.length < maxNamedLosses)
        named.push({ exporter: source.address, refused, queueDrops, kernelDrops: 0 });
    }
    const { refused, queueDrops, kernelDrops } = this.#totals;
    const rest = {
      exporter: nobody,
      refused: this.refused - refused - sumOf(named, 'refused'),
      queueDrops: this.writer.queueDrops - queueDrops - sumOf(named, 'queueDrops'),
      kernelDrops: this.kernelDrops - kernelDrops,
    };
    this.#totals = {
      refused: this.refused,
      queueDrops: this.writer.queueDrops,
      kernelDrops: this.kernelDrops,
    };
    return rest.refused + rest.queueDrops + rest.kernelDrops > 0 ? [...named, rest] : named;
  }

  /** Reads what the kernel still holds, closes the sockets, and hands on the last chunk. */
  async close(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.drain()));
    await this.kernel.refresh();
    await Promise.all(this.listeners.map((listener) => listener.close()));
    this.writer.flush();
  }
}
