/** A journal's directory that a test fills with octets, and readers of it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { JournalReader } from '../../collector/journal/journal-reader.ts';
import { segmentJournalId, segmentName } from './segment-bytes.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export type Span = readonly [position: number, usedBytes: number];

export const target = new Uint8Array(1 << 20);

export class JournalReaderRig {
  readonly directory: string;
  readonly reader: JournalReader;

  constructor(t: Test) {
    this.directory = temporaryDirectory(t);
    this.reader = this.fresh();
    t.teardown(() => this.reader.close());
  }

  fresh(): JournalReader {
    return new JournalReader({ directory: this.directory, journalId: segmentJournalId });
  }

  /** Writes a segment. */
  put(base: number, bytes: Uint8Array): void {
    writeFileSync(join(this.directory, segmentName(base)), bytes);
  }

  /** Reads on until there is nothing more; a reader that does not move on throws. */
  all(position: number, end: number, reader = this.reader): Span[] {
    const spans: Span[] = [];
    let at = position;
    for (;;) {
      const chunk = reader.read(at, end, target);
      if (!chunk) return spans;
      if (chunk.position < at || chunk.position + chunk.usedBytes > end) throw new Error('outside');
      spans.push([chunk.position, chunk.usedBytes]);
      at = chunk.position + chunk.usedBytes;
    }
  }
}

/** Octets damaged, places damaged, octets missing. */
export const counts = ({ damagedBytes, damagedPlaces, missingBytes }: JournalReader): readonly number[] => [
  damagedBytes,
  damagedPlaces,
  missingBytes,
];
