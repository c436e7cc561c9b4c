/** A journal of a seeded session: what exporters of all kinds send, good and bad, and what the receive thread says of itself. */

import { receivedMicros } from './decoder-rig.ts';
import {
  type BuiltJournal,
  buildJournal,
  type JournaledControl,
  type JournaledDatagram,
} from './journal-builder.ts';
import { randomSession, type Step } from './random-session.ts';
import { SeededRandom } from './seeded-random.ts';

export type JournalEntry = JournaledDatagram | JournaledControl;

export interface MixedJournal extends BuiltJournal {
  readonly entries: readonly JournalEntry[];
  readonly datagrams: readonly JournaledDatagram[];
}

/** Past so much a checkpoint is due. */
export const checkpointBytes = 64 << 20;
/** 2024-02-29T23:55:00Z. */
const startMicros = receivedMicros + (11 * 60 + 52) * 60e6 + 50e6;

const addressOf = (hex: string): string => [...Buffer.from(hex, 'hex').subarray(12)].join('.');

const entryOf = ({ bytes, address, port, micros }: Step): JournaledDatagram => ({
  payload: bytes,
  address: addressOf(address),
  port,
  micros: micros - receivedMicros + startMicros,
});

/** Each second control frame has losses, some cannot be read. */
const controlAt = (random: SeededRandom, micros: number): JournaledControl => {
  const refused = random.below(3);
  const control = {
    kernelDrops: random.below(2),
    refused,
    queueDrops: 0,
    exporters: [['10.0.0.1', refused, 0]],
  };
  return { control: random.chance(0.9) ? control : { nothing: 1 }, micros };
};

/** Five minutes before midnight it begins. Entries are in order of their times, which grow. */
export const mixedEntries = (seed: number, datagrams: number): readonly JournalEntry[] => {
  const random = new SeededRandom(seed);
  return randomSession(random, datagrams).flatMap((step): JournalEntry[] => {
    const entry = entryOf(step);
    return random.chance(0.1) ? [entry, controlAt(random, entry.micros + 1)] : [entry];
  });
};

/** Parts of the journal lie so far apart that a checkpoint is due behind each. */
export const buildMixedJournal = (
  directory: string,
  options: { readonly seed: number; readonly datagrams: number; readonly parts?: number },
): MixedJournal => {
  const { seed, datagrams, parts = 4 } = options;
  const entries = mixedEntries(seed, datagrams);
  const each = Math.ceil(entries.length / parts);
  let last: BuiltJournal | undefined;
  for (let part = 0; part < parts; part++) {
    last = buildJournal(directory, entries.slice(part * each, (part + 1) * each), {
      chunkEvery: 3,
      segmentBytes: 16 << 10,
      firstPosition: last ? last.end + checkpointBytes : 0,
    });
  }
  if (!last) throw new Error('a journal has a part');
  const isDatagram = (entry: JournalEntry): entry is JournaledDatagram => 'payload' in entry;
  return { ...last, entries, datagrams: entries.filter(isDatagram) };
};
