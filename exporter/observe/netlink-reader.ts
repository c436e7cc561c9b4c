/** The main thread's end of a thread that reads a netlink socket. */

import { Worker } from 'node:worker_threads';
import type { AttributionReport } from './attribution-recorder.ts';
import { type FrameReceiver, readChunk } from './netlink-chunk.ts';
import type { CommandOptions } from './process-describer.ts';

/** `events`: reads until it is stopped. `dump`: asks for the table when it is told to. */
export type ReaderMode = 'events' | 'dump';

/** Processes are looked for as connections are read. Events then are waited for, instead of naps. */
export interface ReaderProcesses extends CommandOptions {
  /** From `NetlinkSocket.openSockDiag`, for this reader alone. */
  readonly diagFd: number;
  /** Of the socket that is read: a queue that is long in it stops the looking. */
  readonly receiveBufferBytes: number;
}

export interface ThreadData {
  readonly mode: ReaderMode;
  readonly fd: number;
  readonly maxChunks: number;
  /** Events may wait so long in the socket, and four times as long where there are few. */
  readonly napMs: number;
  /** Two 32-bit words: stop when the first is not 0; the second is never set, to wait on. */
  readonly control: SharedArrayBuffer;
  readonly processes: ReaderProcesses | undefined;
}

export type ToThread =
  | { readonly type: 'chunk'; readonly chunk: ArrayBuffer }
  | { readonly type: 'dump'; readonly sequence: number; readonly withProcesses: boolean }
  | { readonly type: 'stop' };

export interface DumpEnd {
  /** False: entries may be missing, or be there twice. */
  readonly complete: boolean;
  /** As errno has it; 0 for none. */
  readonly errorNumber: number;
}

export type FromThread =
  | {
      readonly type: 'chunk';
      readonly chunk: ArrayBuffer;
      readonly usedBytes: number;
      /** To be learned before the chunk is read. */
      readonly report: AttributionReport | undefined;
    }
  | ({ readonly type: 'dumped' } & DumpEnd);

/** 256 MiB of events may wait for the main thread, and 16 MiB of a dump, which the kernel makes as it is read. */
const maxChunks = { events: 1024, dump: 64 } as const;

/** Beside this file: as TypeScript where the sources run, else as built. */
const threadFile = new URL(
  `./netlink-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

/** What a reader gives, on the thread that made it. */
export interface ReaderReceiver extends FrameReceiver {
  report(report: AttributionReport): void;
}

export class NetlinkReader {
  readonly #worker: Worker;
  readonly #control = new Int32Array(new SharedArrayBuffer(8));
  readonly #exited: Promise<void>;
  #dumped: ((end: DumpEnd) => void) | undefined;
  #sequence = 0;

  /** Begins to read `fd`, which stays the caller's to close. */
  constructor(
    mode: ReaderMode,
    fd: number,
    napMs: number,
    processes: ReaderProcesses | undefined,
    receiver: ReaderReceiver,
  ) {
    const control = this.#control.buffer as SharedArrayBuffer;
    const workerData: ThreadData = { mode, fd, maxChunks: maxChunks[mode], napMs, control, processes };
    this.#worker = new Worker(threadFile, { workerData, name: `netlink-${mode}` });
    this.#worker.on('message', (message: FromThread) => {
      if (message.type === 'dumped') {
        this.#dumped?.(message);
        return;
      }
      const { chunk, usedBytes, report } = message;
      if (report !== undefined) receiver.report(report);
      readChunk(chunk, usedBytes, receiver);
      this.#tell({ type: 'chunk', chunk }, [chunk]);
    });
    // Node delivers all messages of a thread before it says that the thread has ended.
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** One at a time. All entries have reached the receiver when it resolves. `withProcesses`: of all connections. */
  dump(withProcesses: boolean): Promise<DumpEnd> {
    return new Promise((resolve) => {
      this.#dumped = resolve;
      this.#sequence = (this.#sequence + 1) >>> 0;
      this.#tell({ type: 'dump', sequence: this.#sequence, withProcesses });
    });
  }

  /** What is queued has reached the receiver when it resolves, and the thread has ended. */
  async stop(): Promise<void> {
    Atomics.store(this.#control, 0, 1);
    Atomics.notify(this.#control, 0);
    this.#tell({ type: 'stop' });
    await this.#exited;
  }

  #tell(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }
}
