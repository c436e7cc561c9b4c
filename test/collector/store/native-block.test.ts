import { Readable } from 'node:stream';
import t from 'tap';
import type { ColumnBatch } from '../../../collector/store/column-batch.ts';
import { columnGroups, columnsOfGroups, type FlowColumn } from '../../../collector/store/flow-columns.ts';
import { createFlowTable, insertSettings } from '../../../collector/store/flow-table.ts';
import { type NativeBlock, NativeBlockMaker } from '../../../collector/store/native-block.ts';
import { batchOf } from '../../support/batch-rows.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

const allColumns = columnsOfGroups(columnGroups);
const some = (...names: string[]): readonly FlowColumn[] =>
  allColumns.filter(({ name }) => names.includes(name));

const hexOf = (block: NativeBlock): string => Buffer.concat(block.buffers).toString('hex');
const hex = (...lines: string[]): string => Buffer.from(hexBytes(lines.join(' '))).toString('hex');
const ascii = (text: string): string => Buffer.from(text).toString('hex');

t.test('octets of numbers, addresses and texts', async (t) => {
  const columns = some('version', 'src_addr', 'dst_port', 'bytes', 'in_if', 'process_name');
  const batch = batchOf(columns, [
    { version: 9, bytes: 0x0102030405060708n, in_if: 0xdeadbeef, process_name: 'é' },
    { version: 10, src_addr: '00000000000000000000ffffc0000201', dst_port: 0x1234 },
  ]);
  const block = new NativeBlockMaker(columns).make(batch);
  const expected = hex(
    '06 02', // columns, rows
    `07 ${ascii('version')} 05 ${ascii('UInt8')} 09 0a`,
    `08 ${ascii('src_addr')} 04 ${ascii('IPv6')} ${'00'.repeat(16)} 00000000 00000000 0000ffff c0000201`,
    `08 ${ascii('dst_port')} 06 ${ascii('UInt16')} 0000 3412`,
    `05 ${ascii('bytes')} 06 ${ascii('UInt64')} 0807060504030201 0000000000000000`,
    `05 ${ascii('in_if')} 06 ${ascii('UInt32')} efbeadde 00000000`,
    `0c ${ascii('process_name')} 06 ${ascii('String')} 02 c3a9 00`,
  );
  t.equal(hexOf(block), expected);
  t.equal(block.lengthBytes, expected.length / 2);
  t.same(block.columns, columns);
});

t.test('octets of an Array, a Map and a LowCardinality that is the same in every row', async (t) => {
  const columns = some('collector', 'extra', 'mpls_labels');
  const batch = batchOf(columns, [
    { extra: { a: 'x', bc: '' }, mpls_labels: [16] },
    { mpls_labels: [3, 0xfffff] },
  ]);
  const block = new NativeBlockMaker(columns, { collector: 'me' }).make(batch);
  t.equal(
    hexOf(block),
    hex(
      '03 02',
      `09 ${ascii('collector')} 16 ${ascii('LowCardinality(String)')}`,
      '0100000000000000 0006000000000000', // version; keys come with the block, indexes of one octet
      `0100000000000000 02 ${ascii('me')}`, // one key
      '0200000000000000 00 00', // an index a row
      `05 ${ascii('extra')} 13 ${ascii('Map(String, String)')}`,
      '0200000000000000 0200000000000000', // the lists end at
      `01 ${ascii('a')} 02 ${ascii('bc')}`,
      `01 ${ascii('x')} 00`,
      `0b ${ascii('mpls_labels')} 0d ${ascii('Array(UInt32)')}`,
      '0100000000000000 0300000000000000',
      '10000000 03000000 ffff0f00',
    ),
  );
});

t.test('counts and lengths above 127 take two octets', async (t) => {
  const columns = some('process_command');
  const rows = [{ process_command: 'c'.repeat(300) }, ...Array.from({ length: 199 }, () => ({}))];
  const start = `01 c801 0f ${ascii('process_command')} 06 ${ascii('String')} ac02 ${'63'.repeat(300)}`;
  t.equal(
    hexOf(new NativeBlockMaker(columns).make(batchOf(columns, rows))),
    hex(start, '00'.repeat(199)),
    '300 is ac 02, 200 is c8 01; rows without text are empty',
  );
});

t.test(
  'columns that the batch never used are left out, and used ones are as long as the batch',
  async (t) => {
    const columns = some('bytes', 'src_port', 'mpls_labels', 'process_name');
    const batch = batchOf(columns, [{}, { src_port: 7 }, {}]);
    const block = new NativeBlockMaker(columns).make(batch);
    t.same(
      block.columns.map(({ name }) => name),
      ['src_port'],
    );
    t.equal(hexOf(block), hex(`01 03 08 ${ascii('src_port')} 06 ${ascii('UInt16')} 0000 0700 0000`));
  },
);

t.test('a maker makes many blocks, longer and shorter', async (t) => {
  const columns = some('collector', 'version');
  const maker = new NativeBlockMaker(columns, { collector: '' });
  const octets = (rows: number): number =>
    maker.make(
      batchOf(
        columns,
        Array.from({ length: rows }, () => ({ version: 5 })),
      ),
    ).lengthBytes;
  const empty = 2 + 10 + 23 + 8 + 8 + 8 + 1 + 8 + 8 + 6;
  t.same([octets(3), octets(100), octets(1)], [empty + 6, empty + 200, empty + 2]);
});

t.test('a real server reads every type exactly', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const store = await startTestStore(t);
  await store.client.command({ query: createFlowTable('flowledger', allColumns, 0) });
  const insert = async (batch: ColumnBatch): Promise<void> => {
    const { buffers, columns } = new NativeBlockMaker(batch.columns, { collector: 'c-1' }).make(batch);
    const names = columns.map(({ name }) => name).join(', ');
    const { stream } = await store.client.exec({
      query: `INSERT INTO flows (${names}) FORMAT Native`,
      values: Readable.from(buffers, { objectMode: false }),
      clickhouse_settings: insertSettings,
    });
    await stream.resume().toArray();
  };

  await t.test('largest values, beside rows that have nothing', async (t) => {
    const rows = allColumns.map(({ name, storage }) => {
      const most = { u8: 255, u16: 65535, u32: 0xffff_ffff, u64: 0xffff_ffff_ffff_ffffn } as const;
      if (storage in most) return { [name]: most[storage as keyof typeof most] };
      if (storage === 'ip') return { [name]: '20010db8000000000000000000000001' };
      if (storage === 'labels') return { [name]: [1, 0xffff_ffff, 0] };
      return { [name]: storage === 'extra' ? { é: '\u0000"\n', '0.1': '' } : 'täxt\n\u0000' };
    });
    // Enums and times take less than their octets could hold; they have tests of their own.
    const plain = allColumns.filter(
      ({ name, type }) => !/^Enum|^DateTime/.test(type) && name !== 'collector',
    );
    const kept = rows.filter((row) => plain.some(({ name }) => name in row));
    await insert(batchOf(allColumns, [{}, ...kept, {}]));
    for (const { name, storage, type } of plain) {
      const expected = {
        u8: '255',
        u16: '65535',
        u32: '4294967295',
        u64: '18446744073709551615',
        ip: '2001:db8::1',
        text: 'täxt\n\u0000',
        labels: '[1,4294967295,0]',
        extra: `{'é':'\\0"\\n','0.1':''}`,
      }[storage];
      const empty = { ip: '::', text: '', labels: '[]', extra: '{}' } as Record<string, string>;
      const counted = await store.sql<{ value: string; n: string }>(
        `SELECT toString(${name}) AS value, count() AS n FROM flows GROUP BY value ORDER BY n`,
      );
      t.same(
        counted,
        [
          { value: expected, n: '1' },
          { value: empty[storage] ?? '0', n: String(kept.length + 1) },
        ],
        `${name} ${type}`,
      );
    }
    t.same(await store.sql('SELECT DISTINCT collector FROM flows'), [{ collector: 'c-1' }]);
  });

  await t.test('enums, times, and integers above 2^53', async (t) => {
    await store.client.command({ query: 'TRUNCATE TABLE flows' });
    await insert(
      batchOf(allColumns, [
        { record_kind: 2, sampling_source: 4, direction: 1, time_source: 8, bytes: 0x20_0000_0000_0001n },
        {
          received: 1_700_000_000_123_456n,
          time: 4_102_444_799,
          flow_start: 1n,
          src_addr: '00000000000000000000ffffc0000201',
        },
      ]),
    );
    const rows = await store.sql<object>(
      `SELECT record_kind, sampling_source, direction, time_source, bytes,
         toUnixTimestamp64Micro(received) AS received, toUnixTimestamp(time) AS time,
         toUnixTimestamp64Micro(flow_start) AS flow_start, toString(src_addr) AS src_addr
       FROM flows ORDER BY bytes DESC`,
    );
    t.same(rows, [
      {
        record_kind: 'event',
        sampling_source: 'config',
        direction: 'ingress',
        time_source: 'absurd',
        bytes: '9007199254740993',
        received: '0',
        time: 0,
        flow_start: '0',
        src_addr: '::',
      },
      {
        record_kind: 'flow',
        sampling_source: 'default',
        direction: 'unknown',
        time_source: 'received',
        bytes: '0',
        received: '1700000000123456',
        time: 4_102_444_799,
        flow_start: '1',
        src_addr: '::ffff:192.0.2.1',
      },
    ]);
  });
});
