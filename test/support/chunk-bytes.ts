/** A chunk as the receive thread fills it, laid out as `collector/receive/frame.ts` draws it. */

import { hexBytes, viewOf } from './capture-builder.ts';

export interface ChunkFrame {
  readonly payload: Uint8Array;
  readonly micros: number;
  readonly port?: number;
  /** 16 octets in hex. */
  readonly address?: string;
}

/** `position`: octets of the journal before the chunk. */
export const chunkOf = (frames: readonly ChunkFrame[], position = 0): Uint8Array => {
  const padded = frames.map(({ payload }) => (payload.length + 7) & ~7);
  const chunk = new Uint8Array(padded.reduce((sum, length) => sum + 40 + length, 32));
  const view = viewOf(chunk);
  chunk.set(Buffer.from('FLC1'));
  view.setUint32(4, chunk.length, true);
  view.setBigUint64(8, BigInt(position), true);
  view.setUint32(20, frames.length, true);
  let at = 32;
  frames.forEach(({ payload, micros, port = 50000, address = '00000000000000000000ffffc0000209' }, i) => {
    view.setUint32(at, payload.length, true);
    chunk.set([1, 1, 4], at + 4);
    view.setUint16(at + 8, port, true);
    view.setUint16(at + 10, 2055, true);
    chunk.set(hexBytes(address), at + 16);
    view.setBigUint64(at + 32, BigInt(micros), true);
    chunk.set(payload, at + 40);
    at += 40 + (padded[i] ?? 0);
  });
  return chunk;
};
