/** Copies the packets of a capture that pass a test into another capture, octet for octet. */

import { CaptureError } from '../../shared/capture/capture-error.ts';
import { CaptureReader } from '../../shared/capture/capture-reader.ts';
import type { CapturedPacket } from '../../shared/capture/captured-packet.ts';
import { PacketDissector } from '../../shared/capture/packet-dissector.ts';
import type { PacketTest } from '../filter/packet-test.ts';
import { type Input, openInput } from './open-input.ts';
import { openPacketWriter, type PacketWriter } from './packet-writer.ts';

export interface ExtractResult {
  /** Read, and taken. */
  readonly packets: number;
  readonly taken: number;
  /** Octets of the (unpacked) capture that was read, and of the one that was written. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Earliest and latest time of the packets that were taken, microseconds since 1970; undefined: none was. */
  readonly firstMicros: number | undefined;
  readonly lastMicros: number | undefined;
  /** What is wrong with the input, a sentence: what was before that place is written. */
  readonly warning?: string;
}

export interface ExtractProgress {
  readonly readBytes: number;
  /** Of the file; 0 where that is not known. */
  readonly totalBytes: number;
  readonly packets: number;
  readonly taken: number;
}

export interface ExtractLimits {
  /** So many packets are taken, and what is behind the last one is not read. */
  readonly count?: number | undefined;
  /** Called once a piece of the input. */
  readonly onProgress?: (progress: ExtractProgress) => void;
}

class Extraction {
  packets = 0;
  taken = 0;
  writer: PacketWriter | undefined;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;
  #linkType = 0;
  /** Blocks that are taken and not yet copied: `[rangeAt, rangeEnd)`. */
  #rangeBytes: Uint8Array = new Uint8Array(0);
  #rangeAt = 0;
  #rangeEnd = 0;
  readonly #reader = new CaptureReader({ tellsHeaders: true });
  readonly #dissector = new PacketDissector();
  readonly #test: PacketTest;
  readonly #limits: ExtractLimits;

  constructor(test: PacketTest, limits: ExtractLimits) {
    this.#test = test;
    this.#limits = limits;
  }

  /**
   * Until the input ends, nobody reads the output, or enough packets are taken. The output is opened when the input has turned out to
   * be a capture.
   */
  async run(input: Input, openOutput: () => Promise<PacketWriter>): Promise<void> {
    const { count = Number.POSITIVE_INFINITY, onProgress } = this.#limits;
    const reader = this.#reader;
    for await (const piece of input.octets) {
      reader.push(piece);
      const first = this.writer ? undefined : reader.next();
      if (first) this.writer = await openOutput();
      try {
        this.#readPiece(first, count);
      } finally {
        // What is before damage is written.
        this.#appendRange();
      }
      if (this.taken >= count) return;
      await this.writer?.flush();
      if (this.writer?.isClosed) return;
      const { packets, taken } = this;
      onProgress?.({ readBytes: reader.offset, totalBytes: input.totalBytes, packets, taken });
    }
    reader.end();
  }

  /** What is wrong where nothing is damaged. */
  get problem(): string | undefined {
    const isUnknown = this.packets > 0 && this.#dissector.unknownLinkTypes === this.packets;
    if (!isUnknown || this.taken > 0) return undefined;
    return `packets of link type ${this.#linkType} cannot be read: convert the capture to Ethernet`;
  }

  result(warning: string | undefined): ExtractResult {
    const { packets, taken } = this;
    return {
      packets,
      taken,
      readBytes: this.#reader.offset,
      writtenBytes: this.writer?.bytes ?? 0,
      firstMicros: taken > 0 ? this.#earliest : undefined,
      lastMicros: taken > 0 ? this.#latest : undefined,
      ...(warning === undefined ? {} : { warning }),
    };
  }

  /** Until the octets that were pushed are read, or enough packets are taken. */
  #readPiece(first: CapturedPacket | undefined, count: number): void {
    const reader = this.#reader;
    for (let block = first ?? reader.next(); block; block = reader.next()) {
      if (!block.isHeader && !this.#takes(block)) continue;
      // Neighbours are copied at once. Those of one piece stay where they are until the next one is pushed.
      if (block.blockAt !== this.#rangeEnd || block.bytes !== this.#rangeBytes) {
        this.#appendRange();
        this.#rangeBytes = block.bytes;
        this.#rangeAt = block.blockAt;
      }
      this.#rangeEnd = block.blockEnd;
      if (this.taken >= count) return;
    }
  }

  #appendRange(): void {
    if (this.#rangeEnd > this.#rangeAt) this.writer?.append(this.#rangeBytes, this.#rangeAt, this.#rangeEnd);
    this.#rangeAt = 0;
    this.#rangeEnd = 0;
  }

  #takes(packet: CapturedPacket): boolean {
    this.packets++;
    this.#linkType = packet.linkType;
    const facts = this.#dissector.dissect(packet);
    if (!this.#test(facts)) return false;
    this.taken++;
    const { micros } = facts;
    if (micros < this.#earliest) this.#earliest = micros;
    if (micros > this.#latest) this.#latest = micros;
    return true;
  }
}

/**
 * `inputPath` and `outputPath`: files, or `-`. The output has the format of the input, and takes the place of what was there before.
 * Blocks of a pcapng that are no packets are copied, too.
 * @throws ConfigError: a file cannot be read or written, or both are the same; CaptureError: the input is no capture.
 */
export const extractPackets = async (
  inputPath: string,
  outputPath: string,
  test: PacketTest,
  limits: ExtractLimits = {},
): Promise<ExtractResult> => {
  const input = await openInput(inputPath);
  const extraction = new Extraction(test, limits);
  try {
    await extraction.run(input, () => openPacketWriter(outputPath, input.facts));
  } catch (error) {
    await extraction.writer?.end();
    // What there is of a damaged capture is what was asked for.
    if (!(error instanceof CaptureError) || extraction.writer === undefined) throw error;
    return extraction.result(error.message);
  }
  await extraction.writer?.end();
  return extraction.result(extraction.problem);
};
