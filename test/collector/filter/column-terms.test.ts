import t from 'tap';
import { columnTerms } from '../../../collector/filter/column-terms.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import { readFilterValue } from '../../support/filter-value.ts';

const kindOf = (name: string) => {
  const value = columnTerms.find(({ title }) => title === name)?.value;
  if (!value) throw new Error(`${name} is no term`);
  return value;
};

t.test('each column is a term', async (t) => {
  const expected = flowColumns.map(({ name }) => name).filter((name) => name !== 'extra');
  t.same(
    columnTerms.map(({ title }) => title),
    expected,
  );
  for (const { title, phrases } of columnTerms)
    t.same(
      phrases.map(({ words, subjects }) => [words, subjects.map((s) => s.sql((c) => c))]),
      [[title, [title]]],
    );
});

t.test('values follow the type', async (t) => {
  t.throws(() => readFilterValue(kindOf('tos'), '256'), /a number up to 255/);
  t.throws(() => readFilterValue(kindOf('length_max'), '65536'), /a number up to 65535/);
  t.throws(() => readFilterValue(kindOf('domain'), '4294967296'), /a number up to 4294967295/);
  t.same(readFilterValue(kindOf('total_bytes'), '> 1k').params, { f0: 1000 });
  t.throws(() => readFilterValue(kindOf('flow_id'), '1k'), /a number/);
  t.same(readFilterValue(kindOf('dst_port'), 'https').params, { f0: 443 });
  t.same(readFilterValue(kindOf('next_hop'), '::1').params, { f0: '::1' });
  t.same(readFilterValue(kindOf('record_kind'), 'EVENT').params, { f0: 'event' });
  t.same(readFilterValue(kindOf('record_kind'), '2').params, { f0: 'event' });
  t.same(readFilterValue(kindOf('sampling_source'), 'options').params, { f0: 'options' });
  t.throws(() => readFilterValue(kindOf('time_source'), 'sun'), /one of received, seconds/);
  t.same(readFilterValue(kindOf('received'), '> 1970-01-01T00:00:01').params, { f0: 1_000_000 });
  t.same(readFilterValue(kindOf('process_user'), '~ root').params, { f0: 'root' });
  t.equal(readFilterValue(kindOf('mpls_labels'), '3').sql, 'arrayExists(label -> label = {f0:UInt32}, s)');
});
