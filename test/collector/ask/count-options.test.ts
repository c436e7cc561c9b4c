import t from 'tap';
import { rankingOptions, readRanking } from '../../../collector/ask/count-options.ts';

const ranked = (options: Readonly<Record<string, unknown>>) =>
  readRanking({
    ...{ range: { from: 0, to: 1, isRelative: false }, filter: undefined, limit: 1, offset: 0 },
    ...{ argument: undefined, options },
  });

t.test('by what is ranked', async (t) => {
  t.equal(ranked({}), 'bytes');
  t.equal(ranked({ byFlows: true }), 'flows');
  t.throws(() => ranked({ byFlows: true, byPackets: true }), {
    message: '--by-packets and --by-flows: give one of them',
  });
  t.same(
    rankingOptions.map(({ flags }) => flags),
    ['--by-bytes', '--by-packets', '--by-flows', '--exact'],
  );
});
