/** The frames of a journal, one by one. */

import { JournalReader } from '../../collector/journal/journal-reader.ts';
import { listSegments } from '../../collector/journal/segment-list.ts';
import { ChunkReader } from '../../collector/receive/chunk-reader.ts';
import { chunkBytes, frameKinds } from '../../collector/receive/frame.ts';
import { builtJournalId } from './journal-builder.ts';

export interface IndexedFrame {
  /** Positions. */
  readonly start: number;
  readonly end: number;
  readonly micros: number;
  readonly isDatagram: boolean;
  /** 16 octets in hex. */
  readonly address: string;
}

export const indexFrames = (directory: string): readonly IndexedFrame[] => {
  const segments = listSegments(directory);
  const journalId = builtJournalId;
  const reader = new JournalReader({ directory, journalId });
  const memory = new Uint8Array(chunkBytes);
  const frames: IndexedFrame[] = [];
  const end = segments.at(-1)?.end ?? 0;
  const walk = new ChunkReader();
  for (let chunk = reader.read(0, end, memory); chunk; ) {
    walk.open(memory, chunk.usedBytes);
    while (walk.next()) {
      const { addressOffset } = walk;
      frames.push({
        start: walk.framePosition,
        end: walk.nextPosition,
        micros: walk.micros,
        isDatagram: walk.kind === frameKinds.datagram,
        address: Buffer.from(walk.bytes.subarray(addressOffset, addressOffset + 16)).toString('hex'),
      });
    }
    chunk = reader.read(chunk.position + chunk.usedBytes, end, memory);
  }
  reader.close();
  return frames;
};
