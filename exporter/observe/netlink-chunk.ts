/**
 * Datagrams on their way from the reading thread: frames in a chunk of memory, each beginning at a multiple of eight octets.
 *
 *     length u32 | kind u32 | received f64, microseconds since 1970 | the datagram
 *
 * Where the processes of its connections were looked for, two numbers follow at the next multiple of eight for each message: of the
 * process at the source and of that at the destination, 0 where there is none.
 *
 *     count u32 | source u32, destination u32 | ...
 */

export const chunkBytes = 256 * 1024;
/** The kernel makes no datagram of connections that is larger than 32 KiB. */
export const maxDatagramBytes = 64 * 1024;
const frameHeaderBytes = 16;
/** Messages of a datagram that can have processes: an entry of a dump is longer than 150 octets, and 32 KiB hold no more. */
export const maxAttributed = 256;
const maxTrailerBytes = 8 + 8 * maxAttributed;

export const frameKinds = { datagram: 0, overrun: 1, attributed: 2 } as const;

export interface ChunkRoad {
  readonly post: (chunk: ArrayBuffer, usedBytes: number) => void;
  /** A chunk that the receiver has read; undefined: none came back. */
  readonly takeBack: () => ArrayBuffer | undefined;
  /** Passes a little time, in which chunks may come back. */
  readonly pause: () => void;
  /** So many chunks may be on the road; beyond, reading waits, and the kernel says what it could not keep. */
  readonly maxChunks: number;
}

/** Chunks that came back and are kept for the next burst. */
const maxSpareChunks = 16;
/** A receiver that is behind gets full chunks only: it would not read others earlier. */
const hurriedChunks = 8;
/** Frames wait no longer for others. */
const maxAgeMicros = 20_000;

export class ChunkWriter {
  /** Where the next datagram goes, at `payloadAt`; there is room for `maxDatagramBytes` after `reserve`. */
  bytes: Uint8Array = new Uint8Array(chunkBytes);
  #view: DataView = new DataView(this.bytes.buffer);
  #at = 0;
  #firstMicros = 0;
  #underWay = 0;
  readonly #spare: ArrayBuffer[] = [];
  readonly #road: ChunkRoad;

  constructor(road: ChunkRoad) {
    this.#road = road;
  }

  get payloadAt(): number {
    return this.#at + frameHeaderBytes;
  }

  reserve(): void {
    if (this.payloadAt + maxDatagramBytes + maxTrailerBytes > chunkBytes) this.flush();
  }

  /** `processes`: of an attributed datagram, `count` pairs of numbers. */
  commit(
    lengthBytes: number,
    kind: number,
    receivedMicros: number,
    processes?: Uint32Array,
    count = 0,
  ): void {
    const at = this.#at;
    this.#view.setUint32(at, lengthBytes, true);
    this.#view.setUint32(at + 4, kind, true);
    this.#view.setFloat64(at + 8, receivedMicros, true);
    if (at === 0) this.#firstMicros = receivedMicros;
    this.#at = (at + frameHeaderBytes + lengthBytes + 7) & ~7;
    if (processes !== undefined) this.#addProcesses(processes, count);
    // A clock that was set back makes an age negative: then it is not known.
    const age = receivedMicros - this.#firstMicros;
    if (age >= maxAgeMicros || age < 0) this.flushIfAwaited();
  }

  #addProcesses(processes: Uint32Array, count: number): void {
    const view = this.#view;
    view.setUint32(this.#at, count, true);
    for (let i = 0; i < 2 * count; i++) view.setUint32(this.#at + 4 + 4 * i, processes[i] as number, true);
    this.#at = (this.#at + 4 + 8 * count + 7) & ~7;
  }

  /** For when nothing more is there to read: posts what there is, if the receiver is not behind anyway. */
  flushIfAwaited(): void {
    this.#collect();
    if (this.#underWay < hurriedChunks) this.flush();
  }

  flush(): void {
    if (this.#at === 0) return;
    this.#road.post(this.bytes.buffer as ArrayBuffer, this.#at);
    this.#underWay++;
    this.#collect();
    while (this.#underWay >= this.#road.maxChunks) {
      this.#road.pause();
      this.#collect();
    }
    this.bytes = new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(chunkBytes));
    this.#view = new DataView(this.bytes.buffer);
    this.#at = 0;
  }

  /** The receiver has read it. */
  giveBack(chunk: ArrayBuffer): void {
    this.#underWay--;
    if (this.#spare.length < maxSpareChunks) this.#spare.push(chunk);
  }

  #collect(): void {
    for (let chunk = this.#road.takeBack(); chunk !== undefined; chunk = this.#road.takeBack())
      this.giveBack(chunk);
  }
}

export interface FrameReceiver {
  /**
   * A datagram is in `view` and `bytes` from `at` to `end`, until the call returns. Numbers of processes begin at `processesAt`, a pair
   * of 32 bits each (little endian) for the first `attributed` messages.
   */
  datagram(
    view: DataView,
    bytes: Uint8Array,
    at: number,
    end: number,
    receivedMicros: number,
    processesAt: number,
    attributed: number,
  ): void;
  overrun(receivedMicros: number): void;
  chunkEnd(): void;
}

/** Gives the frames of a chunk to `receiver`, in their order. */
export const readChunk = (chunk: ArrayBuffer, usedBytes: number, receiver: FrameReceiver): void => {
  const bytes = new Uint8Array(chunk);
  const view = new DataView(chunk);
  let at = 0;
  while (at < usedBytes) {
    const length = view.getUint32(at, true);
    const receivedMicros = view.getFloat64(at + 8, true);
    const payloadAt = at + frameHeaderBytes;
    const kind = view.getUint32(at + 4, true);
    at = (payloadAt + length + 7) & ~7;
    let attributed = 0;
    const processesAt = at + 4;
    if (kind === frameKinds.attributed) {
      attributed = view.getUint32(at, true);
      at = (processesAt + 8 * attributed + 7) & ~7;
    }
    if (kind === frameKinds.overrun) receiver.overrun(receivedMicros);
    else
      receiver.datagram(view, bytes, payloadAt, payloadAt + length, receivedMicros, processesAt, attributed);
  }
  receiver.chunkEnd();
};
