/**
 * Frames and chunks: how received datagrams lie in memory, and in the journal. All numbers little-endian.
 *
 *     chunk   0 magic "FLC1"   4 length, octets in use, a multiple of 8   8 position (u64): octets of the journal before
 *             this chunk   16 CRC-32 of all other octets of the chunk (0 until it is written to the journal)
 *             20 number of frames   24 reserved   32 frames ...
 *     frame   0 payload length   4 kind   5 transport   6 address family   7 reserved   8 exporter port
 *             10 local port   12 reserved   16 exporter address (16 octets, IPv4 mapped)
 *             32 time of receipt (u64, microseconds since 1970, strictly increasing)   40 payload, padded to 8
 */

export const chunkBytes = 1 << 20;
export const chunkHeaderBytes = 32;
export const frameHeaderBytes = 40;
export const chunkMagic = 0x31434c46; // "FLC1"

/** Where the fields of a chunk header lie, and of a frame. */
export const chunkFields = { magic: 0, length: 4, position: 8, crc: 16, frames: 20 } as const;
export const frameFields = {
  payloadLength: 0,
  kind: 4,
  transport: 5,
  family: 6,
  exporterPort: 8,
  localPort: 10,
  address: 16,
  micros: 32,
} as const;

export const addressFamilies = { ipv4: 4, ipv6: 6 } as const;
export const frameKinds = { datagram: 1, control: 2 } as const;
export const transports = { udp: 1, tcp: 2, tls: 3 } as const;

/** Octets of the journal before the chunk that begins at this offset. */
export const readChunkPosition = (view: DataView, at = 0): number =>
  Number(view.getBigUint64(at + chunkFields.position, true));

/** Octets that a frame with this payload takes in a chunk. */
export const frameBytes = (payloadBytes: number): number => frameHeaderBytes + ((payloadBytes + 7) & ~7);

/** Where an address is 16 octets: the IPv4-mapped form of RFC 4291 2.5.5.2, or IPv6. */
export type AddressOctets = Uint8Array;
