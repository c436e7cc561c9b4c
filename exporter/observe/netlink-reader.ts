/** The main thread's end of a thread that reads a netlink socket. */

import { Worker } from 'node:worker_threads';
import { type FrameReceiver, readChunk } from './netlink-chunk.ts';

/** `events`: reads until it is stopped. `dump`: asks for the table when it is told to. */
export type ReaderMode = 'events' | 'dump';

export interface ThreadData {
  readonly mode: ReaderMode;
  readonly fd: number;
  readonly maxChunks: number;
  /** Events may wait so long in the socket, and four times as long where there are few. */
  readonly napMs: number;
  /** Two 32-bit words: stop when the first is not 0; the second is never set, to wait on. */
  readonly control: SharedArrayBuffer;
}

export type ToThread =
  | { readonly type: 'chunk'; readonly chunk: ArrayBuffer }
  | { readonly type: 'dump'; readonly sequence: number }
  | { readonly type: 'stop' };

export interface DumpEnd {
  /** False: entries may be missing, or be there twice. */
  readonly complete: boolean;
  /** As errno has it; 0 for none. */
  readonly errorNumber: number;
}

export type FromThread =
  | { readonly type: 'chunk'; readonly chunk: ArrayBuffer; readonly usedBytes: number }
  | ({ readonly type: 'dumped' } & DumpEnd);

/** 256 MiB of events may wait for the main thread, and 16 MiB of a dump, which the kernel makes as it is read. */
const maxChunks = { events: 1024, dump: 64 } as const;

/** Beside this file: as TypeScript where the sources run, else as built. */
const threadFile = new URL(
  `./netlink-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

export class NetlinkReader {
  readonly #worker: Worker;
  readonly #control = new Int32Array(new SharedArrayBuffer(8));
  readonly #exited: Promise<void>;
  #dumped: ((end: DumpEnd) => void) | undefined;
  #sequence = 0;

  /** Begins to read `fd`, which stays the caller's to close. */
  constructor(mode: ReaderMode, fd: number, napMs: number, receiver: FrameReceiver) {
    const control = this.#control.buffer as SharedArrayBuffer;
    const workerData: ThreadData = { mode, fd, maxChunks: maxChunks[mode], napMs, control };
    this.#worker = new Worker(threadFile, { workerData, name: `netlink-${mode}` });
    this.#worker.on('message', (message: FromThread) => {
      if (message.type === 'dumped') {
        this.#dumped?.(message);
        return;
      }
      const { chunk, usedBytes } = message;
      readChunk(chunk, usedBytes, receiver);
      this.#tell({ type: 'chunk', chunk }, [chunk]);
    });
    // Node delivers all messages of a thread before it says that the thread has ended.
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** One at a time. All entries have reached the receiver when it resolves. */
  dump(): Promise<DumpEnd> {
    return new Promise((resolve) => {
      this.#dumped = resolve;
      this.#sequence = (this.#sequence + 1) >>> 0;
      this.#tell({ type: 'dump', sequence: this.#sequence });
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
