import t from 'tap';
import { viewOf } from '../support/capture-builder.ts';
import { JournalReaderRig, type Span } from '../support/journal-reader-rig.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { chunksFrom, segmentOf } from '../support/segment-bytes.ts';

/** The damaged segment, and the range of octets that may differ. */
const mutate = (bytes: Uint8Array, random: SeededRandom): readonly [Uint8Array, number, number] => {
  const from = random.between(64, bytes.length - 1);
  const to = Math.min(bytes.length, from + random.between(1, 400));
  const damage = random.pick(['zeros', 'garbage', 'flip', 'cut', 'magic', 'copy']);
  if (damage === 'cut') return [bytes.slice(0, from), from, bytes.length];
  const mutated = bytes.slice();
  if (damage === 'zeros') mutated.fill(0, from, to);
  else if (damage === 'garbage') mutated.set(random.bytes(to - from), from);
  else if (damage === 'copy')
    mutated.copyWithin(from, random.below(bytes.length - (to - from)), bytes.length).fill(0, to);
  else if (damage === 'magic') mutated.set(Buffer.from('FLC1'), Math.min(from & ~7, bytes.length - 8));
  else mutated[from] = (mutated[from] as number) ^ (1 << random.below(8));
  return [
    mutated,
    damage === 'magic' ? from & ~7 : from,
    damage === 'copy' ? bytes.length : Math.max(to, from + 8),
  ];
};

t.test('10,000 damaged segments: each is read to its end, and what was not touched is found', async (t) => {
  const rig = new JournalReaderRig(t);
  const random = new SeededRandom(4);
  const chunks = chunksFrom(0, [[8], [100, 7], [3], [5000], [64, 64, 64], [0], [300]]);
  const whole = segmentOf(0, chunks);
  const end = whole.length - 64;
  const spans = chunks.map((chunk): Span => [Number(viewOf(chunk).getBigUint64(8, true)), chunk.length]);
  for (let round = 0; round < 10_000; round++) {
    const [bytes, from, to] = mutate(whole, random);
    rig.put(0, bytes);
    const reader = rig.fresh();
    const found = rig.all(0, end, reader);
    reader.close();
    const untouched = spans.filter(([at, used]) => at + 64 + used <= from || at + 64 >= to);
    const keys = new Set(found.map(String));
    const accounted = found.reduce((sum, [, used]) => sum + used, reader.damagedBytes + reader.missingBytes);
    if (accounted !== end) t.fail(`round ${round}: ${accounted} of ${end} octets are accounted for`);
    if (!untouched.every((span) => keys.has(String(span)))) t.fail(`round ${round}: a chunk was not found`);
    if (!found.every((span) => spans.map(String).includes(String(span))))
      t.fail(`round ${round}: a chunk out of nothing`);
  }
});
