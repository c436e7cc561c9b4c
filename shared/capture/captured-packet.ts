import type { ByteQueue } from './byte-queue.ts';

/** A packet as a capture holds it. One object is filled again and again; its octets are valid until more are pushed. */
export interface CapturedPacket {
  /** Time of capture: whole seconds since 1970, and nanoseconds. 0 where the file has none (Simple Packet Block). */
  seconds: number;
  nanos: number;
  /** Position among the interfaces of the file; 0 in classic pcap. */
  interfaceId: number;
  /** LINKTYPE_ value of the interface. */
  linkType: number;
  /** Octets that the packet had on the wire; `end - at` of them were captured. */
  originalBytes: number;
  bytes: Uint8Array;
  view: DataView;
  at: number;
  end: number;
  /** Where the whole record or block begins and ends, in the same octets. */
  blockAt: number;
  blockEnd: number;
  /** The block is no packet but tells of others: the rest says nothing. Only where the reader was asked for such blocks. */
  isHeader: boolean;
}

export const makeCapturedPacket = (): CapturedPacket => ({
  seconds: 0,
  nanos: 0,
  interfaceId: 0,
  linkType: 0,
  originalBytes: 0,
  bytes: new Uint8Array(0),
  view: new DataView(new ArrayBuffer(0)),
  at: 0,
  end: 0,
  blockAt: 0,
  blockEnd: 0,
  isHeader: false,
});

/** Reads one file format, packet by packet, from the queue that it was made for. */
export interface PacketSource {
  /** Fills `packet` and skips it in the queue; false: more octets are needed. @throws CaptureError */
  next(packet: CapturedPacket): boolean;
  /** By `interfaceId`; '' where it has no name. */
  readonly interfaceNames: readonly string[];
}

/** No packet or block is longer. Larger lengths are damage, and must not make us wait for gigabytes. */
export const maxBlockBytes = 16 << 20;

/** Where the octets of a packet lie: behind `headerBytes` of the block of `blockBytes` that is the first one in the queue. */
export const pointAt = (
  packet: CapturedPacket,
  queue: ByteQueue,
  headerBytes: number,
  capturedBytes: number,
  blockBytes: number = headerBytes + capturedBytes,
): void => {
  packet.bytes = queue.bytes;
  packet.view = queue.view;
  packet.at = queue.at + headerBytes;
  packet.end = packet.at + capturedBytes;
  packet.blockAt = queue.at;
  packet.blockEnd = queue.at + blockBytes;
  packet.isHeader = false;
};

/** The same for a block that is no packet. */
export const pointAtHeader = (packet: CapturedPacket, queue: ByteQueue, blockBytes: number): void => {
  pointAt(packet, queue, blockBytes, 0);
  packet.isHeader = true;
};
