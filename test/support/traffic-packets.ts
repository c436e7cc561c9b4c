/** A large capture for measurements: Ethernet, IPv4, TCP and UDP by turns, flows in random order, made in large pieces. */

import { closeSync, openSync, writeSync } from 'node:fs';

const recordHeaderBytes = 16;
const maxFrameBytes = 260;
const pieceBytes = 4 << 20;
const packetsPerSecond = 50_000;

const writeFrame = (piece: Buffer, at: number, flow: number, frameBytes: number): void => {
  const isTcp = (flow & 1) === 1;
  piece.fill(0, at, at + frameBytes);
  piece.writeUInt16BE(0x0800, at + 12);
  piece[at + 14] = 0x45;
  piece.writeUInt16BE(frameBytes - 14, at + 16);
  piece[at + 22] = 64;
  piece[at + 23] = isTcp ? 6 : 17;
  piece.writeUInt32BE((0x0a000000 | flow) >>> 0, at + 26);
  piece.writeUInt32BE(0xc0000200 + (flow % 250), at + 30);
  piece.writeUInt16BE(1024 + (flow % 60_000), at + 34);
  piece.writeUInt16BE(443, at + 36);
  if (isTcp) piece.writeUInt16BE(0x5010, at + 46);
  else piece.writeUInt16BE(frameBytes - 34, at + 38);
};

/** Writes a classic pcap of `packets` packets of 60 to 259 octets, among `flows` (below 2^24) flows; the same each time. */
export const writeTrafficPackets = (path: string, packets: number, flows: number): void => {
  const file = openSync(path, 'w');
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (const [i, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1].entries())
    piece.writeUInt32LE(word, 4 * i);
  let at = 24;
  let random = 12345;
  for (let i = 0; i < packets; i++) {
    if (pieceBytes - at < recordHeaderBytes + maxFrameBytes) {
      writeSync(file, piece, 0, at);
      at = 0;
    }
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    const frameBytes = 60 + ((random >>> 8) % 200);
    piece.writeUInt32LE(1_700_000_000 + Math.floor(i / packetsPerSecond), at);
    piece.writeUInt32LE((i % packetsPerSecond) * (1e6 / packetsPerSecond), at + 4);
    piece.writeUInt32LE(frameBytes, at + 8);
    piece.writeUInt32LE(frameBytes, at + 12);
    writeFrame(piece, at + recordHeaderBytes, (random >>> 0) % flows, frameBytes);
    at += recordHeaderBytes + frameBytes;
  }
  writeSync(file, piece, 0, at);
  closeSync(file);
};
