import t from 'tap';
import { hashWords } from '../../../exporter/meter/hash-words.ts';

t.test('words that differ little spread over a table', async (t) => {
  for (const position of [0, 1, 2, 3]) {
    const places = new Set<number>();
    for (let i = 0; i < 4096; i++) {
      const words: [number, number, number, number] = [1, 2, 3, 4];
      words[position] = i;
      places.add(hashWords(...words) & 4095);
    }
    // By chance 1 - 1/e of the places are taken: 2589.
    t.ok(places.size > 2400, `word ${position}: ${places.size} places`);
  }
});
