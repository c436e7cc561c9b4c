import t from 'tap';
import { sliceColumn } from '../../../collector/store/batch-slice.ts';
import type { ColumnBatch } from '../../../collector/store/column-batch.ts';
import { columnGroups, columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { batchOf } from '../../support/batch-rows.ts';

const names = ['src_port', 'bytes', 'process_name', 'mpls_labels', 'extra', 'vrf_out'];
const columns = columnsOfGroups(columnGroups).filter(({ name }) => names.includes(name));
const long = 'x'.repeat(200);

const sealed = (): ColumnBatch => {
  const batch = batchOf(columns, [
    { src_port: 1, process_name: 'a', mpls_labels: [16, 17], extra: { k: 'v' } },
    { src_port: 2, process_name: long, bytes: 0x0102030405060708n },
    { src_port: 3, mpls_labels: [18], extra: { l: long, m: '' } },
    { src_port: 4, process_name: 'd', mpls_labels: [19, 20, 21], extra: { n: 'w' } },
  ]);
  batch.seal();
  return batch;
};
const hexOf = (batch: ColumnBatch, name: string, from: number, to: number): string | undefined => {
  const position = columns.findIndex((column) => column.name === name);
  const buffers = sliceColumn(batch, position, from, to);
  return buffers && Buffer.concat(buffers).toString('hex');
};
const xs = `c801${'78'.repeat(200)}`;
const end = (items: number): string => `0${items}00000000000000`;

t.test('numbers', async (t) => {
  const batch = sealed();
  t.equal(hexOf(batch, 'src_port', 0, 4), '0100020003000400');
  t.equal(hexOf(batch, 'src_port', 1, 3), '02000300');
  t.equal(hexOf(batch, 'bytes', 1, 3), `0807060504030201${'00'.repeat(8)}`, 'and those that nobody wrote');
  t.equal(hexOf(batch, 'vrf_out', 1, 3), undefined, 'a column that the batch never used');
});

t.test('texts, of lengths of one and two octets', async (t) => {
  const batch = sealed();
  t.equal(hexOf(batch, 'process_name', 0, 4), `0161${xs}000164`);
  t.equal(hexOf(batch, 'process_name', 0, 1), '0161');
  t.equal(hexOf(batch, 'process_name', 1, 2), xs);
  t.equal(hexOf(batch, 'process_name', 2, 4), '000164');
});

t.test('lists end where they end in the slice', async (t) => {
  const batch = sealed();
  const labels = ['10000000', '11000000', '12000000', '13000000', '14000000', '15000000'];
  t.equal(hexOf(batch, 'mpls_labels', 0, 4), [end(2), end(2), end(3), end(6), ...labels].join(''));
  t.equal(hexOf(batch, 'mpls_labels', 1, 3), [end(0), end(1), labels[2]].join(''));
  t.equal(hexOf(batch, 'mpls_labels', 1, 2), end(0), 'no items');
  t.equal(hexOf(batch, 'extra', 0, 1), [end(1), '016b', '0176'].join(''));
  t.equal(hexOf(batch, 'extra', 2, 4), [end(2), end(3), '016c016d016e', xs, '00', '0177'].join(''));
  t.equal(hexOf(batch, 'extra', 1, 2), end(0));
  t.equal(hexOf(batch, 'mpls_labels', 3, 4), [end(3), ...labels.slice(3)].join(''), 'the batch is as it was');
});
