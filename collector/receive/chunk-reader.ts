/**
 * Walks the frames of a chunk. The reader is its own cursor: after `next()` its fields describe one frame, and nothing is
 * allocated per frame. It throws where the chunk is not what the writer writes; in memory that is our error.
 */

import {
  chunkFields,
  chunkHeaderBytes,
  chunkMagic,
  frameBytes,
  frameFields,
  frameHeaderBytes,
} from './frame.ts';

const nothing = new ArrayBuffer(0);
const twoTo32 = 2 ** 32;
/** Above this the upper half of a time would not fit into the 53 bits of a number. */
const maxMicrosHigh = 2 ** 21 - 1;

export class ChunkReader {
  /** Views of the whole chunk, good until the next `open`; the offsets below are into them. */
  bytes: Uint8Array = new Uint8Array(nothing);
  view: DataView = new DataView(nothing);
  /** Octets of the journal before this chunk. */
  position = 0;
  /** How many frames the chunk has. */
  frames = 0;

  /** Where the frame lies in the journal: `[framePosition, nextPosition)`. */
  framePosition = 0;
  nextPosition = 0;
  kind = 0;
  transport = 0;
  family = 0;
  exporterPort = 0;
  localPort = 0;
  /** Of the 16 octets of the exporter's address. */
  addressOffset = 0;
  payloadOffset = 0;
  payloadBytes = 0;
  /** Time of receipt, microseconds since 1970. */
  micros = 0;

  #at = 0;
  #end = 0;
  #framesRead = 0;

  /** Begins with a chunk of which `usedBytes` octets are meant, header included. */
  open(chunk: ArrayBuffer | Uint8Array, usedBytes: number): void {
    if (usedBytes < chunkHeaderBytes || usedBytes > chunk.byteLength)
      throw new RangeError('chunk: length out of bounds');
    this.bytes = chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    if (this.view.getUint32(chunkFields.magic, true) !== chunkMagic)
      throw new RangeError('chunk: wrong magic');
    if (this.view.getUint32(chunkFields.length, true) !== usedBytes)
      throw new RangeError('chunk: wrong length');
    this.position =
      this.view.getUint32(chunkFields.position, true) +
      this.view.getUint32(chunkFields.position + 4, true) * twoTo32;
    this.frames = this.view.getUint32(chunkFields.frames, true);
    this.#at = chunkHeaderBytes;
    this.#end = usedBytes;
    this.framePosition = this.nextPosition = this.position + chunkHeaderBytes;
    this.#framesRead = 0;
  }

  /** Moves to the next frame; false at the end. Each step moves on by at least a frame header. */
  next(): boolean {
    const at = this.#at;
    if (at === this.#end) {
      if (this.#framesRead !== this.frames) throw new RangeError('chunk: wrong number of frames');
      return false;
    }
    const view = this.view;
    if (this.#end - at < frameHeaderBytes) throw new RangeError('chunk: a frame header is cut off');
    const payloadBytes = view.getUint32(at + frameFields.payloadLength, true);
    // Compared before it is rounded up, which would wrap for lengths near 2^32.
    if (payloadBytes > this.#end - at - frameHeaderBytes) throw new RangeError('chunk: a payload is cut off');
    const next = at + frameBytes(payloadBytes);
    if (next > this.#end) throw new RangeError('chunk: the padding of a payload is cut off');
    const microsHigh = view.getUint32(at + frameFields.micros + 4, true);
    if (microsHigh > maxMicrosHigh) throw new RangeError('chunk: a time is out of bounds');
    this.kind = view.getUint8(at + frameFields.kind);
    this.transport = view.getUint8(at + frameFields.transport);
    this.family = view.getUint8(at + frameFields.family);
    this.exporterPort = view.getUint16(at + frameFields.exporterPort, true);
    this.localPort = view.getUint16(at + frameFields.localPort, true);
    this.addressOffset = at + frameFields.address;
    this.micros = microsHigh * twoTo32 + view.getUint32(at + frameFields.micros, true);
    this.payloadOffset = at + frameHeaderBytes;
    this.payloadBytes = payloadBytes;
    this.framePosition = this.position + at;
    this.nextPosition = this.position + next;
    this.#at = next;
    this.#framesRead++;
    return true;
  }

  /** Lets go of the chunk, so that it can be given back to another thread. */
  close(): void {
    this.bytes = new Uint8Array(nothing);
    this.view = new DataView(nothing);
    this.#at = this.#end = this.frames = this.#framesRead = 0;
  }
}
