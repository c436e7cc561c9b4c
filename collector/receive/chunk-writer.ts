/**
 * Appends received datagrams to chunks, which are handed on when full or old. Everything here runs once per datagram on the
 * receive thread, so it keeps no object per datagram and never waits: when no chunk is free, the datagram is dropped and counted.
 */

import {
  chunkBytes,
  chunkFields,
  chunkHeaderBytes,
  chunkMagic,
  frameBytes,
  frameFields,
  frameHeaderBytes,
  frameKinds,
  transports,
} from './frame.ts';
import type { Source } from './source-table.ts';

/** The most chunks that exist at once, so the most memory that datagrams waiting for the ledger thread take: 64 MiB. */
export const defaultMaxChunks = 64;
export const defaultMaxAgeMs = 50;

const twoTo32 = 2 ** 32;

export interface ChunkWriterOptions {
  /** Takes over the chunk: `usedBytes` octets of it are meant, header included. It comes back through `recycle`. */
  readonly onChunk: (chunk: ArrayBuffer, usedBytes: number) => void;
  readonly maxChunks?: number;
  readonly maxAgeMs?: number;
  /** Position of the first chunk: where the journal that is continued ends. A multiple of 8. */
  readonly firstPosition?: number;
}

const nothing = new ArrayBuffer(0);
const noAddress = new Uint32Array(4);

export class ChunkWriter {
  /** Counted since the start; read them whenever you like. */
  frames = 0;
  payloadBytes = 0;
  chunksHandedOn = 0;
  queueDrops = 0;
  /** Chunks handed on and not given back yet. */
  chunksAway = 0;
  readonly maxChunks: number;

  readonly #onChunk: ChunkWriterOptions['onChunk'];
  readonly #maxAgeMs: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #tooOld = (): void => this.flush();
  #chunk: ArrayBuffer | null = null;
  #bytes = new Uint8Array(nothing);
  #words = new Uint32Array(nothing);
  #view = new DataView(nothing);
  /** Where the next frame goes, and how many lie before it. */
  #at = 0;
  #framesInChunk = 0;
  /** Octets of the journal before the current chunk. */
  #position: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChunkWriterOptions) {
    this.#onChunk = options.onChunk;
    this.maxChunks = options.maxChunks ?? defaultMaxChunks;
    this.#maxAgeMs = options.maxAgeMs ?? defaultMaxAgeMs;
    this.#position = options.firstPosition ?? 0;
  }

  /**
   * Copies the payload (at most 65,535 octets) behind a frame header. `micros` are whole microseconds since 1970. False when no
   * chunk was free: then the datagram is gone, and counted here and with its source.
   */
  append(
    payload: Uint8Array,
    source: Pick<Source, 'octetWords' | 'family' | 'queueDrops'>,
    exporterPort: number,
    localPort: number,
    micros: number,
  ): boolean {
    const kind = frameKinds.datagram | (transports.udp << 8) | (source.family << 16);
    const ports = exporterPort | (localPort << 16);
    if (!this.#write(payload, kind, ports, source.octetWords, micros)) {
      this.queueDrops++;
      source.queueDrops++;
      return false;
    }
    this.frames++;
    this.payloadBytes += payload.length;
    return true;
  }

  /** Appends what the receive thread has to say of itself. False when no chunk was free: then it is to be said later. */
  appendControl(payload: Uint8Array, micros: number): boolean {
    return this.#write(payload, frameKinds.control, 0, noAddress, micros);
  }

  #write(payload: Uint8Array, kind: number, ports: number, octetWords: Uint32Array, micros: number): boolean {
    const lengthBytes = payload.length;
    let end = this.#at + frameBytes(lengthBytes);
    if (end > this.#bytes.length) {
      this.flush();
      if (!this.#open()) return false;
      end = this.#at + frameBytes(lengthBytes);
    }
    const at = this.#at;
    const view = this.#view;
    // The chunk was used before: what pads the payload must not be the octets of an older datagram.
    view.setUint32(end - 8, 0);
    view.setUint32(end - 4, 0);
    view.setUint32(at + frameFields.payloadLength, lengthBytes, true);
    view.setUint32(at + frameFields.kind, kind, true);
    view.setUint32(at + frameFields.exporterPort, ports, true);
    view.setUint32(at + frameFields.exporterPort + 4, 0);
    const address = (at + frameFields.address) >>> 2;
    const words = this.#words;
    words[address] = octetWords[0] as number;
    words[address + 1] = octetWords[1] as number;
    words[address + 2] = octetWords[2] as number;
    words[address + 3] = octetWords[3] as number;
    const high = Math.floor(micros / twoTo32);
    view.setUint32(at + frameFields.micros, micros - high * twoTo32, true);
    view.setUint32(at + frameFields.micros + 4, high, true);
    this.#bytes.set(payload, at + frameHeaderBytes);
    this.#at = end;
    if (this.#framesInChunk++ === 0) this.#timer = setTimeout(this.#tooOld, this.#maxAgeMs);
    return true;
  }

  /** Hands on what is in the current chunk, if anything is. */
  flush(): void {
    const chunk = this.#chunk;
    if (chunk === null || this.#framesInChunk === 0) return;
    clearTimeout(this.#timer);
    const usedBytes = this.#at;
    this.#view.setUint32(chunkFields.magic, chunkMagic, true);
    this.#view.setUint32(chunkFields.length, usedBytes, true);
    this.#view.setUint32(chunkFields.position, this.#position % twoTo32, true);
    this.#view.setUint32(chunkFields.position + 4, Math.floor(this.#position / twoTo32), true);
    this.#view.setUint32(chunkFields.crc, 0, true);
    this.#view.setUint32(chunkFields.frames, this.#framesInChunk, true);
    this.#view.setFloat64(chunkFields.frames + 4, 0);
    this.#position += usedBytes;
    this.#use(null);
    this.chunksHandedOn++;
    this.chunksAway++;
    this.#onChunk(chunk, usedBytes);
  }

  /** Position behind the last chunk that was handed on. */
  get handedOnPosition(): number {
    return this.#position;
  }

  /** Takes a chunk back; one that came through another thread is a new object with the same memory, which is fine. */
  recycle(chunk: ArrayBuffer): void {
    if (chunk.byteLength !== chunkBytes)
      throw new RangeError('a chunk came back with another length (detached?)');
    this.chunksAway--;
    this.#free.push(chunk);
  }

  #open(): boolean {
    if (this.#chunk !== null) throw new RangeError('a datagram does not fit into an empty chunk');
    const chunk = this.#free.pop() ?? (this.chunksAway < this.maxChunks ? new ArrayBuffer(chunkBytes) : null);
    if (chunk === null) return false;
    this.#use(chunk);
    return true;
  }

  #use(chunk: ArrayBuffer | null): void {
    const memory = chunk ?? nothing;
    this.#chunk = chunk;
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#view = new DataView(memory);
    this.#at = chunkHeaderBytes;
    this.#framesInChunk = 0;
  }
}
