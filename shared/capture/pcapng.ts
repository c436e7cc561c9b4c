/**
 * pcapng (draft-ietf-opsawg-pcapng): sections, each with its byte order and its interfaces, made of blocks:
 *
 *     block   0 type   4 total length   8 body, padded to 4   total length again
 *
 * Packets come in Enhanced, Simple and (obsolete) Packet Blocks; blocks of other types are passed over.
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
import { makeTimestampReader, type TimestampReader } from './pcapng-timestamp.ts';

const blockTypes = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;
const byteOrderMagic = 0x1a2b3c4d;
const optionCodes = { end: 0, name: 2, timestampResolution: 9, timestampOffset: 14 } as const;
/** Octets of the smallest block: type and twice the length. */
const minBlockBytes = 12;
/** Interfaces that a section and a file may describe; a file from a machine with more is not known. */
const maxInterfaces = 65536;
/** Octets of a name that are kept; systems allow 16 (Linux) to 256. */
const maxNameBytes = 256;
const utf8 = new TextDecoder();

interface CaptureInterface {
  /** In the whole file, from 0. */
  readonly id: number;
  readonly linkType: number;
  readonly snapBytes: number;
  readonly readTimestamp: TimestampReader;
}

/** Whether the file begins like a pcapng; `magic` are its first four octets (the same in either byte order). */
export const isPcapngMagic = (magic: number): boolean => magic === blockTypes.sectionHeader;

export class PcapngReader implements PacketSource {
  readonly #queue: ByteQueue;
  readonly #tellsHeaders: boolean;
  #littleEndian = false;
  #interfaces: CaptureInterface[] = [];
  /** Of the whole file, by id; found by how often the name was in its section before, and the name. */
  readonly #names: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #namesInSection = new Map<string, number>();

  /** `tellsHeaders`: blocks that are no packets are told, too. */
  constructor(queue: ByteQueue, tellsHeaders = false) {
    this.#queue = queue;
    this.#tellsHeaders = tellsHeaders;
  }

  next(packet: CapturedPacket): boolean {
    const queue = this.#queue;
    while (queue.available >= minBlockBytes) {
      const { view, at } = queue;
      let type = view.getUint32(at, this.#littleEndian);
      if (type === blockTypes.sectionHeader) this.#readByteOrder();
      type = view.getUint32(at, this.#littleEndian);
      const lengthBytes = view.getUint32(at + 4, this.#littleEndian);
      if (lengthBytes < minBlockBytes || lengthBytes % 4 !== 0 || lengthBytes > maxBlockBytes) {
        this.#damaged(`a block of ${lengthBytes} octets`);
      }
      if (queue.available < lengthBytes) return false;
      if (view.getUint32(at + lengthBytes - 4, this.#littleEndian) !== lengthBytes) {
        this.#damaged('a block ends with another length than it began with');
      }
      const isPacket = this.#readBlock(type, lengthBytes, packet);
      if (!isPacket && this.#tellsHeaders) pointAtHeader(packet, queue, lengthBytes);
      queue.skip(lengthBytes);
      if (isPacket || this.#tellsHeaders) return true;
    }
    return false;
  }

  get interfaceNames(): readonly string[] {
    return this.#names;
  }

  /** Text of an option; some writers end it with a zero octet. */
  #text(at: number, lengthBytes: number): string {
    return utf8.decode(this.#queue.bytes.subarray(at, at + lengthBytes)).replace(/\0+$/, '');
  }

  #damaged(problem: string): never {
    throw new CaptureError(`${problem}: the file is damaged`, this.#queue.offset);
  }

  #readByteOrder(): void {
    const { view, at } = this.#queue;
    const magic = view.getUint32(at + 8);
    this.#littleEndian = magic !== byteOrderMagic;
    if (view.getUint32(at + 8, this.#littleEndian) !== byteOrderMagic)
      this.#damaged('a section without byte order');
  }

  #readBlock(type: number, lengthBytes: number, packet: CapturedPacket): boolean {
    switch (type) {
      case blockTypes.sectionHeader:
        if (lengthBytes < 28) this.#damaged('a Section Header Block that is too short');
        this.#interfaces = [];
        this.#namesInSection.clear();
        return false;
      case blockTypes.interfaceDescription:
        this.#readInterface(lengthBytes);
        return false;
      case blockTypes.simplePacket:
        this.#readSimplePacket(lengthBytes, packet);
        return true;
      case blockTypes.enhancedPacket:
      case blockTypes.packet:
        this.#readPacket(type, lengthBytes, packet);
        return true;
      default:
        return false;
    }
  }

  #readInterface(lengthBytes: number): void {
    const { view, at } = this.#queue;
    const little = this.#littleEndian;
    if (lengthBytes < 20) this.#damaged('an Interface Description Block that is too short');
    if (this.#interfaces.length >= maxInterfaces) this.#damaged(`more than ${maxInterfaces} interfaces`);
    let resolution = 6;
    let offsetSeconds = 0;
    let name = '';
    const end = at + lengthBytes - 4;
    for (let position = at + 16; end - position >= 4; ) {
      const code = view.getUint16(position, little);
      const optionBytes = view.getUint16(position + 2, little);
      position += 4;
      if (code === optionCodes.end || optionBytes > end - position) break;
      if (code === optionCodes.name) name = this.#text(position, Math.min(optionBytes, maxNameBytes));
      if (code === optionCodes.timestampResolution && optionBytes === 1) resolution = view.getUint8(position);
      if (code === optionCodes.timestampOffset && optionBytes === 8) {
        offsetSeconds = Number(view.getBigInt64(position, little));
      }
      position += (optionBytes + 3) & ~3;
    }
    this.#interfaces.push({
      id: this.#identify(name),
      linkType: view.getUint16(at + 8, little),
      snapBytes: view.getUint32(at + 12, little),
      readTimestamp: makeTimestampReader(resolution, offsetSeconds),
    });
  }

  /**
   * Sections count their interfaces from 0 each, so a file that was put together of several has other interfaces of the same number.
   * One with the name of an earlier section is taken for the same.
   */
  #identify(name: string): number {
    const before = this.#namesInSection.get(name) ?? 0;
    this.#namesInSection.set(name, before + 1);
    const key = `${before} ${name}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#names.length;
    if (id >= maxInterfaces) this.#damaged(`more than ${maxInterfaces} interfaces`);
    this.#ids.set(key, id);
    this.#names.push(name);
    return id;
  }

  #interface(id: number): CaptureInterface {
    return this.#interfaces[id] ?? this.#damaged(`a packet of interface ${id}, which is not described`);
  }

  /** Enhanced: 8 interface u32. Obsolete: 8 interface u16, 10 drops. Then both: 12 time 20 captured 24 original 28 octets. */
  #readPacket(type: number, lengthBytes: number, packet: CapturedPacket): void {
    const { view, at } = this.#queue;
    const little = this.#littleEndian;
    if (lengthBytes < 32) this.#damaged('a packet block that is too short');
    const id = type === blockTypes.packet ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
    const described = this.#interface(id);
    const capturedBytes = view.getUint32(at + 20, little);
    if (capturedBytes > lengthBytes - 32) this.#damaged('a packet that is longer than its block');
    described.readTimestamp(view.getUint32(at + 12, little), view.getUint32(at + 16, little), packet);
    packet.interfaceId = described.id;
    packet.linkType = described.linkType;
    packet.originalBytes = view.getUint32(at + 24, little);
    pointAt(packet, this.#queue, 28, capturedBytes, lengthBytes);
  }

  /** 8 original length, 12 octets: as many as the snapshot length allows. Of the first interface, without a time. */
  #readSimplePacket(lengthBytes: number, packet: CapturedPacket): void {
    const { view, at } = this.#queue;
    if (lengthBytes < 16) this.#damaged('a packet block that is too short');
    const { id, linkType, snapBytes } = this.#interface(0);
    packet.seconds = 0;
    packet.nanos = 0;
    packet.interfaceId = id;
    packet.linkType = linkType;
    packet.originalBytes = view.getUint32(at + 8, this.#littleEndian);
    const capturedBytes = Math.min(
      packet.originalBytes,
      lengthBytes - 16,
      snapBytes === 0 ? maxBlockBytes : snapBytes,
    );
    pointAt(packet, this.#queue, 12, capturedBytes, lengthBytes);
  }
}
