/**
 * Classic pcap (draft-ietf-opsawg-pcap), in either byte order, with microseconds or nanoseconds:
 *
 *     file    0 magic  4 major, minor version  8 reserved  16 snapshot length  20 link type (lower 16 bits)
 *     packet  0 seconds  4 micro- or nanoseconds  8 captured length  12 original length  16 octets
 */

import type { ByteQueue } from './byte-queue.ts';
import { CaptureError } from './capture-error.ts';
import {
  type CapturedPacket,
  maxBlockBytes,
  type PacketSource,
  pointAt,
  pointAtHeader,
} from './captured-packet.ts';

const fileHeaderBytes = 24;
const packetHeaderBytes = 16;

/** Magic numbers as they read big-endian. */
const magics = new Map([
  [0xa1b2c3d4, { littleEndian: false, nanosPerUnit: 1000 }],
  [0xd4c3b2a1, { littleEndian: true, nanosPerUnit: 1000 }],
  [0xa1b23c4d, { littleEndian: false, nanosPerUnit: 1 }],
  [0x4d3cb2a1, { littleEndian: true, nanosPerUnit: 1 }],
]);

/** Whether the file begins like a classic pcap; `magic` are its first four octets, big-endian. */
export const isPcapMagic = (magic: number): boolean => magics.has(magic);

export class PcapReader implements PacketSource {
  /** The format has no interfaces. */
  readonly interfaceNames: readonly string[] = [];
  readonly #queue: ByteQueue;
  readonly #tellsHeaders: boolean;
  #littleEndian = false;
  #nanosPerUnit = 0;
  #linkType = 0;
  #headerRead = false;

  /** `tellsHeaders`: the header of the file is told, too. */
  constructor(queue: ByteQueue, tellsHeaders = false) {
    this.#queue = queue;
    this.#tellsHeaders = tellsHeaders;
  }

  next(packet: CapturedPacket): boolean {
    const queue = this.#queue;
    if (!this.#headerRead) {
      if (!this.#readFileHeader(packet)) return false;
      if (this.#tellsHeaders) return true;
    }
    if (queue.available < packetHeaderBytes) return false;
    const { view, at } = queue;
    const capturedBytes = view.getUint32(at + 8, this.#littleEndian);
    if (capturedBytes > maxBlockBytes)
      throw new CaptureError(`a packet of ${capturedBytes} octets: the file is damaged`, queue.offset);
    if (queue.available < packetHeaderBytes + capturedBytes) return false;
    packet.seconds = view.getUint32(at, this.#littleEndian);
    packet.nanos = view.getUint32(at + 4, this.#littleEndian) * this.#nanosPerUnit;
    packet.interfaceId = 0;
    packet.linkType = this.#linkType;
    packet.originalBytes = view.getUint32(at + 12, this.#littleEndian);
    pointAt(packet, queue, packetHeaderBytes, capturedBytes);
    queue.skip(packetHeaderBytes + capturedBytes);
    return true;
  }

  #readFileHeader(packet: CapturedPacket): boolean {
    const queue = this.#queue;
    if (queue.available < fileHeaderBytes) return false;
    const form = magics.get(queue.view.getUint32(queue.at));
    if (!form) throw new CaptureError('this is no pcap file', queue.offset);
    this.#littleEndian = form.littleEndian;
    this.#nanosPerUnit = form.nanosPerUnit;
    // The upper bits tell of frame check sequences, which lie behind all that we read.
    this.#linkType = queue.view.getUint32(queue.at + 20, form.littleEndian) & 0xffff;
    pointAtHeader(packet, queue, fileHeaderBytes);
    queue.skip(fileHeaderBytes);
    this.#headerRead = true;
    return true;
  }
}
