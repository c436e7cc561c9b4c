import t from 'tap';
import {
  directedColumn,
  directions,
  flowsOf,
  hasDirection,
} from '../../../collector/store/directed-columns.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';

t.test('the other direction has the ends exchanged, and the reverse counters', async (t) => {
  t.equal(directedColumn('src_addr', 'forward'), 'src_addr');
  t.equal(directedColumn('src_addr', 'reverse'), 'dst_addr');
  t.equal(directedColumn('bytes', 'reverse'), 'reverse_bytes');
  t.equal(directedColumn('proto', 'reverse'), 'proto');
  const names = flowColumns.map(({ name }) => name);
  for (const name of names) {
    const other = directedColumn(name, 'reverse');
    t.ok(names.includes(other), `${name} -> ${other}`);
    t.equal(directedColumn(other, 'reverse'), name, 'and back');
  }
  const ended = names.filter((name) => /^(src|dst|reverse|post_nat)_|^(in|out)_if$/.test(name));
  t.same(
    ended.filter((name) => directedColumn(name, 'reverse') === name),
    [],
    'each column of an end has its other one',
  );
});

t.test('which rows have it, and what they count', async (t) => {
  t.same(
    directions.map((direction) => [hasDirection(direction).includes('reverse_packets'), flowsOf(direction)]),
    [
      [false, "toUInt8(record_kind = 'flow')"],
      [true, 'toUInt8(0)'],
    ],
  );
});
