import t from 'tap';
import { ColumnBatch, openColumn } from '../../../collector/store/column-batch.ts';
import { columnGroups, columnsOfGroups, type FlowColumn } from '../../../collector/store/flow-columns.ts';

const all = columnsOfGroups(columnGroups);
const column = (name: string): FlowColumn => {
  const found = all.find((c) => c.name === name);
  if (!found) throw new Error(name);
  return found;
};
const batchOfColumns = (capacity: number, ...names: string[]): ColumnBatch =>
  new ColumnBatch(names.map(column), capacity);

t.test('each column has the storage of its kind', async (t) => {
  const batch = new ColumnBatch(all, 4);
  const width = { u8: 1, u16: 2, u32: 4, u64: 8, ip: 16 } as const;
  for (const [i, { name, storage }] of all.entries()) {
    const expected = storage in width ? width[storage as keyof typeof width] : undefined;
    t.equal(batch.fixed[i]?.widthBytes, expected, name);
    t.equal(batch.fixed[i]?.u8.length, expected === undefined ? undefined : 4 * expected);
    t.equal(batch.texts[i] !== null, storage === 'text');
    t.equal(batch.lists[i] !== null, storage === 'labels' || storage === 'extra');
  }
  t.throws(() => openColumn(batch, all.indexOf(column('extra')), 0, 1), /no fixed width/);
});

t.test('rows that nobody wrote are zero, also in memory that was used before', async (t) => {
  const batch = batchOfColumns(6, 'src_port', 'bytes');
  openColumn(batch, 0, 0, 6).u16.fill(0xaaaa);
  openColumn(batch, 1, 0, 6).u32.fill(0xbbbb_bbbb);
  batch.rows = 6;
  batch.clear();
  t.same([batch.rows, batch.fixed[0]?.used, batch.fixed[1]?.used], [0, false, false]);

  openColumn(batch, 0, 1, 1).u16[1] = 11;
  openColumn(batch, 0, 3, 1).u16[3] = 33;
  batch.rows = 5;
  batch.seal();
  t.same([...(batch.fixed[0]?.u16.subarray(0, 5) ?? [])], [0, 11, 0, 33, 0]);
  t.equal(batch.fixed[1]?.used, false, 'a column that was not opened stays unused');
});

t.test('opening rows again does not clear them', async (t) => {
  const batch = batchOfColumns(4, 'in_if');
  openColumn(batch, 0, 0, 2).u32.set([1, 2], 0);
  openColumn(batch, 0, 1, 1);
  openColumn(batch, 0, 3, 1).u32[3] = 4;
  batch.rows = 4;
  batch.seal();
  t.same([...(batch.fixed[0]?.u32 ?? [])], [1, 2, 0, 4]);
  t.equal(batch.fixed[0]?.filled, 4);
});

t.test('three views lie on the same memory, which the caller may give', async (t) => {
  const memory = new ArrayBuffer(4096);
  let at = 64;
  const allocate = (bytes: number) => {
    const given = { buffer: memory, at };
    at += (bytes + 15) & ~15;
    return given;
  };
  const batch = new ColumnBatch([column('in_if'), column('src_addr')], 8, allocate);
  t.equal(batch.entriesAt, 64);
  const first = openColumn(batch, 0, 0, 1);
  first.u32[0] = 0x01020304;
  t.equal(first.u8[0], 4);
  t.equal(first.u16[1], 0x0102);
  t.same([first.u8.buffer, first.u8.byteOffset], [memory, 80]);
  t.same([batch.fixed[1]?.u8.buffer, batch.fixed[1]?.u8.byteOffset], [memory, 112]);
  const entries = new Uint32Array(memory, 64, 4);
  t.same([...entries], [80, 1, 112, 0], 'offset and rows filled of each column');
});

t.test('texts: rows that were skipped are empty', async (t) => {
  const batch = batchOfColumns(5, 'process_name');
  const [text] = batch.texts;
  const source = Buffer.from('xfirefoxx');
  text?.append(1, source, 1, 7);
  text?.append(3, source, 0, 0);
  batch.rows = 5;
  batch.seal();
  t.equal(
    text?.bytes.bytes.subarray(0, text.bytes.length).toString('latin1'),
    '\u0000\u0007firefox\u0000\u0000\u0000',
  );
  t.equal(batch.variableBytes, 12);
  batch.clear();
  t.same([text?.used, text?.rows, batch.variableBytes], [false, 0, 0]);
});

t.test('lists: the end of each row, also of those without items', async (t) => {
  const batch = batchOfColumns(5, 'mpls_labels');
  const [list] = batch.lists;
  list?.padTo(1);
  for (const label of [16, 17]) {
    list?.values.writeUint32(label);
    if (list) list.items++;
  }
  list?.padTo(2);
  batch.rows = 4;
  batch.seal();
  t.same([...(list?.ends ?? [])], [0, 0, 2, 0, 2, 0, 2, 0, 0, 0], 'two u32 a row');
  t.equal(batch.variableBytes, 8);
  batch.clear();
  t.same([...(list?.ends ?? [])], Array(10).fill(0));
  t.same([list?.used, list?.rows, list?.items], [false, 0, 0]);
});
