import t from 'tap';
import { eitherOf, natSidesOf, phrasesFor, sidesOf } from '../../../collector/filter/filter-phrases.ts';
import type { Phrase } from '../../../collector/filter/filter-term.ts';

const told = (phrases: readonly Phrase[]) =>
  phrases.map(
    ({ words, subjects, join }) => `${words}: ${subjects.flatMap((s) => s.columns).join(` ${join} `)}`,
  );

t.test('sides', async (t) => {
  t.same(told(sidesOf('port', 'a', 'b')), [
    'port: a OR b',
    'src port: a',
    'dst port: b',
    'src or dst port: a OR b',
    'src and dst port: a AND b',
  ]);
  t.same(told(eitherOf('if', ['in', 'a'], ['out', 'b'])).slice(0, 3), [
    'if: a OR b',
    'in if: a',
    'out if: b',
  ]);
  const nat = told(natSidesOf('ip', 'addr'));
  for (const words of ['nat src ip', 'src nat ip', 'src nip', 'src xip'])
    t.ok(nat.includes(`${words}: post_nat_src_addr`), words);
  t.ok(nat.includes('xip: post_nat_src_addr OR post_nat_dst_addr'));
  t.ok(nat.includes('nat dst ip: post_nat_dst_addr'));
  t.same(told(phrasesFor({ columns: ['a'], sql: () => '' }, 'x', 'y z')), ['x: a', 'y z: a']);
});
