/** Packets out of a capture whose octets are pushed as they come; pcap or pcapng, told apart by the first four octets. */

import { ByteQueue } from './byte-queue.ts';
import { CaptureError } from './capture-error.ts';
import { type CapturedPacket, makeCapturedPacket, type PacketSource } from './captured-packet.ts';
import { isPcapMagic, PcapReader } from './pcap.ts';
import { isPcapngMagic, PcapngReader } from './pcapng.ts';

export class CaptureReader {
  readonly #queue = new ByteQueue();
  readonly #packet = makeCapturedPacket();
  readonly #tellsHeaders: boolean;
  #source: PacketSource | undefined;

  /** `tellsHeaders`: `next` also gives what is no packet, for who copies the file. */
  constructor({ tellsHeaders = false }: { readonly tellsHeaders?: boolean } = {}) {
    this.#tellsHeaders = tellsHeaders;
  }

  /** Takes the next octets of the file; the caller must not change them before the next `push` is done. */
  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /**
   * The next packet, or undefined when more octets are needed. The object is reused, its octets are valid until `push`.
   * @throws CaptureError when this is no capture or a damaged one.
   */
  next(): CapturedPacket | undefined {
    const queue = this.#queue;
    if (!this.#source) {
      if (queue.available < 4) return undefined;
      const magic = queue.view.getUint32(queue.at);
      if (isPcapMagic(magic)) this.#source = new PcapReader(queue, this.#tellsHeaders);
      else if (isPcapngMagic(magic)) this.#source = new PcapngReader(queue, this.#tellsHeaders);
      else throw new CaptureError('this is no capture: neither pcap nor pcapng', 0);
    }
    do {
      if (this.#source.next(this.#packet)) return this.#packet;
    } while (queue.more());
    return undefined;
  }

  /** Whether packets say from which interface they are. */
  get hasInterfaces(): boolean {
    return this.#source instanceof PcapngReader;
  }

  /** Where the packet behind the last one is in the (unpacked) file. */
  get offset(): number {
    return this.#queue.offset;
  }

  /** Names of the interfaces described so far, by `interfaceId`; empty in classic pcap. */
  get interfaceNames(): readonly string[] {
    return this.#source?.interfaceNames ?? [];
  }

  /** To be called at the end of the file, when `next` has nothing more. @throws CaptureError when the end is missing. */
  end(): void {
    const { available, offset } = this.#queue;
    if (offset === 0) {
      throw new CaptureError(
        available === 0 ? 'the file is empty' : 'this is no capture: it ends in its header',
        offset,
      );
    }
    if (available > 0) throw new CaptureError('the capture was cut off: it ends inside a packet', offset);
  }
}
