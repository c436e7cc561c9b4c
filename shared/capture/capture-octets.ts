/** The octets of a capture in pieces; unpacked where they begin like gzip. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CaptureError } from './capture-error.ts';

/** What a source should read at once. */
export const pieceBytes = 256 << 10;
/** What gzip begins with (RFC 1952 2.3.1). */
export const gzipMagic = 0x1f8b;

async function* beginningWith(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Gunzips; damage is told as a CaptureError, like other damage of the file. */
async function* unpacked(packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let offset = 0;
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  const source = Readable.from(packed).on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of source.pipe(gunzip)) {
      yield piece;
      offset += piece.length;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    throw new CaptureError(`the gzip file is damaged or cut off: ${error.message}`, offset);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/**
 * Yields the octets of `source` (a file, standard input) in order, a new piece only when the one before was used up. The pieces
 * belong to the receiver.
 * @throws the system's error when the source cannot be read; CaptureError when its gzip is damaged.
 */
export async function* captureOctets(source: Readable): AsyncGenerator<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator]();
  try {
    let first = new Uint8Array(0);
    while (first.length < 2) {
      const next = await pieces.next();
      if (next.done) break;
      first =
        first.length === 0 ? new Uint8Array(next.value) : new Uint8Array(Buffer.concat([first, next.value]));
    }
    const whole = beginningWith(first, pieces);
    const isGzip = first.length >= 2 && new DataView(first.buffer).getUint16(0) === gzipMagic;
    yield* isGzip ? unpacked(whole) : whole;
  } finally {
    source.destroy();
  }
}
