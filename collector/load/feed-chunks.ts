/** Puts frames of the past into chunks, as reception does with what comes in, but waits where reception would have to drop. */

import { ChunkWriter } from '../receive/chunk-writer.ts';
import { frameKinds } from '../receive/frame.ts';
import type { PastFrame } from './history.ts';

const maxChunks = 8;

export interface FedChunks {
  readonly frames: number;
  readonly datagrams: number;
  /** Frames that were received before one that came before them, as their times say: they got its time and a microsecond. */
  readonly lateFrames: number;
}

export interface ChunkFeed {
  readonly fed: FedChunks;
  /**
   * Resolves when all frames are handed on, and rejects when there are no more of them because of an error: those before it are
   * handed on. Times of receipt are made strictly increasing.
   */
  run(frames: AsyncIterable<PastFrame>, onFrame?: () => void): Promise<void>;
  recycle(chunk: ArrayBuffer): void;
}

export const makeChunkFeed = (onChunk: (chunk: ArrayBuffer, usedBytes: number) => void): ChunkFeed => {
  const writer = new ChunkWriter({ onChunk, maxChunks });
  const fed = { frames: 0, datagrams: 0, lateFrames: 0 };
  const source = { octetWords: new Uint32Array(4) as PastFrame['octetWords'], family: 0, queueDrops: 0 };
  let wake: (() => void) | undefined;
  const append = (frame: PastFrame, micros: number): boolean => {
    if (frame.kind === frameKinds.control) return writer.appendControl(frame.payload, micros);
    source.octetWords = frame.octetWords;
    source.family = frame.family;
    return writer.append(frame.payload, source, frame.exporterPort, frame.localPort, micros);
  };
  const untilFree = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    fed,
    recycle: (chunk) => {
      writer.recycle(chunk);
      wake?.();
    },
    run: async (frames, onFrame) => {
      let lastMicros = 0;
      let latestMicros = 0;
      try {
        for await (const frame of frames) {
          // Two of the same time are in order: clocks of captures are coarse.
          if (frame.micros < latestMicros) fed.lateFrames++;
          else latestMicros = frame.micros;
          lastMicros = Math.max(frame.micros, lastMicros + 1);
          while (!append(frame, lastMicros)) await untilFree();
          fed.frames++;
          if (frame.kind === frameKinds.datagram) fed.datagrams++;
          onFrame?.();
        }
      } finally {
        writer.flush();
      }
    },
  };
};
