import t from 'tap';
import type { FlowColumn } from '../../../collector/store/flow-columns.ts';
import { columnsOfGroups, flowColumns } from '../../../collector/store/flow-columns.ts';
import {
  columnComment,
  columnDefinition,
  createFlowTable,
  flowTable,
  indexDefinition,
  insertSettings,
  ttlExpression,
} from '../../../collector/store/flow-table.ts';

const sample: FlowColumn = {
  group: 'core',
  name: 'packets',
  type: 'UInt64',
  storage: 'u64',
  from: ['packetDeltaCount', 'initiatorPackets'],
  comment: "exporter's word",
};

t.test('a comment names the elements', async (t) => {
  t.equal(columnComment(sample), "exporter's word (packetDeltaCount, initiatorPackets)");
  t.equal(columnComment({ ...sample, from: [] }), "exporter's word");
});

t.test('a definition quotes what it must', async (t) => {
  t.equal(
    columnDefinition(sample),
    "`packets` UInt64 COMMENT 'exporter\\'s word (packetDeltaCount, initiatorPackets)'",
  );
  t.match(columnDefinition({ ...sample, codec: 'T64, LZ4' }), / CODEC\(T64, LZ4\)$/);
});

t.test('the table has the columns that were chosen, and no others', async (t) => {
  const lines = createFlowTable('books', columnsOfGroups(['vrf']), 0).split('\n');
  const names = lines.map((line) => /^ {2}`(\w+)` /.exec(line)?.[1]).filter((name) => name !== undefined);
  t.same(
    names,
    flowColumns.filter(({ group }) => group === 'core' || group === 'vrf').map(({ name }) => name),
  );
  t.equal(lines[0], `CREATE TABLE IF NOT EXISTS \`books\`.${flowTable}`);
  t.match(createFlowTable('a`b', [sample], 0), 'EXISTS `a\\`b`.flows');
});

t.test('addresses have an index, where their columns were chosen', async (t) => {
  const indexes = (groups: Parameters<typeof columnsOfGroups>[0]) =>
    [...createFlowTable('d', columnsOfGroups(groups), 0).matchAll(/^ {2}INDEX `(\w+)` `(\w+)` /gm)].map(
      ([, name, column]) => [name, column],
    );
  const plain = [
    ['src_addr_bloom', 'src_addr'],
    ['dst_addr_bloom', 'dst_addr'],
  ];
  t.same(indexes([]), plain);
  t.same(indexes(['nat']), [
    ...plain,
    ['post_nat_src_addr_bloom', 'post_nat_src_addr'],
    ['post_nat_dst_addr_bloom', 'post_nat_dst_addr'],
  ]);
  t.equal(indexDefinition(sample), '`packets_bloom` `packets` TYPE bloom_filter(0.001) GRANULARITY 1');
});

t.test('days of keeping become a TTL, 0 none', async (t) => {
  t.equal(ttlExpression(30), 'toDateTime(received) + toIntervalDay(30)');
  t.match(createFlowTable('d', [sample], 30), `\nTTL ${ttlExpression(30)}\n`);
  t.notMatch(createFlowTable('d', [sample], 0), /\bTTL /);
});

t.test('settings that an older server does not have are left out', async (t) => {
  const all = createFlowTable('d', [sample], 0);
  const some = createFlowTable('d', [sample], 0, (name) => name === 'ttl_only_drop_parts');
  t.match(all, /SETTINGS .*auto_statistics_types = .*ttl_only_drop_parts = 1/);
  t.match(some, '\nSETTINGS ttl_only_drop_parts = 1\n');
});

t.test('rows are on the disk when they are acknowledged, if that is wanted', async (t) => {
  const known = (): boolean => true;
  t.match(
    createFlowTable('d', [sample], 0, known, true),
    /SETTINGS .*fsync_after_insert = 1, fsync_part_directory = 1\n/,
  );
  t.notMatch(createFlowTable('d', [sample], 0, known, false), 'fsync');
  t.notMatch(
    createFlowTable('d', [sample], 0, (name) => name === 'ttl_only_drop_parts', true),
    'fsync',
  );
});

t.test('an INSERT waits for its rows to be stored, and can be recognised when it is repeated', async (t) => {
  t.match(insertSettings, { async_insert: 0, insert_deduplicate: 1 });
});
