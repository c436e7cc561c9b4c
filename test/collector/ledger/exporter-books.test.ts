import t from 'tap';
import { ExporterBooks } from '../../../collector/ledger/exporter-books.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import { keepRows } from '../../support/kept-rows.ts';
import { malformedFixtures } from '../../support/malformed-fixtures.ts';
import {
  exportSeconds,
  ipfix,
  netflow5,
  netflow5Record,
  set,
  templateRecord,
  u32,
} from '../../support/message-hex.ts';

const make = () => {
  const rig = new DecoderRig();
  const { rows, writer } = keepRows();
  return { rig, rows, books: new ExporterBooks(rig.decoder, writer, 'here') };
};
const template = set(2, templateRecord(256, [[1, 4]]));
const hex = '00000000000000000000ffffc0000209';

t.test('a row per exporter and domain, for those that were heard', async (t) => {
  const { rig, rows, books } = make();
  books.configure([{ address: hex, name: 'edge', site: 'A', sampling: 100 }]);
  rig.send(ipfix({ sequence: 0 }, template, set(256, u32(1))));
  books.configure([{ address: hex, name: 'edge', site: 'A', sampling: 100 }]);
  rig.send(ipfix({ sequence: 5 }, set(256, u32(1), u32(2)), set(300, '00')));
  rig.send(netflow5({ engine: 0x0102 }, netflow5Record()), { address: '20010db8000000000000000000000001' });
  books.writeExporters();
  t.equal(rows.length, 2);
  t.match(rows[0], {
    table: 'exporters', exporter: '::ffff:192.0.2.9', domain: 7, collector: 'here', name: 'edge', site: 'A', version: 10,
    first_seen: exportSeconds + 2, last_seen: exportSeconds + 2, templates: 1, sampling_rate: 100, sampling_source: 'config',
    clock_offset_ms: -2000, datagrams: 2, flows: 3, options: 0, missing: 4, malformed: 0, waiting: 1, expired: 0,
  }); // biome-ignore format: a row
  t.match(rows[1], {
    exporter: '2001:db8::1',
    domain: 0x0102,
    version: 5,
    name: '',
    flows: 1,
    sampling_source: 'default',
  });
  books.writeExporters();
  t.equal(rows.length, 2, 'nothing new was heard');
});

t.test('losses are told by the minute', async (t) => {
  const { rig, rows, books } = make();
  rig.send(ipfix({ sequence: 0 }, template, set(256, u32(1))));
  books.writeLoss(60);
  rig.send(ipfix({ sequence: 3 }, set(256, u32(1))));
  books.writeLoss(120);
  books.writeLoss(180);
  t.equal(rows.length, 2, 'a minute without a datagram has no row');
  t.match(rows[0], { table: 'exporter_loss', minute: 60, datagrams: 1, records: 1, missing: 0 });
  t.match(rows[1], { minute: 120, datagrams: 1, records: 1, missing: 2, malformed: 0 });
  rig.send(ipfix({ sequence: 1 }, set(256, u32(1), u32(1))));
  books.writeLoss(240);
  t.match(rows[2], { missing: -2, reordered: 1 }, 'what came late comes off the sum');
  rig.send(ipfix({ sequence: 4 }, set(256, '00')));
  books.writeLoss(300);
  t.match(rows[3], { datagrams: 1, records: 0, malformed: 1 });
});

t.test('losses before the ledger, and behind it', async (t) => {
  const { rows, books } = make();
  books.writeReceiveLoss(60, [{ exporter: '::', refused: 1, queueDrops: 2, kernelDrops: 3 }]);
  books.writeNotStored(60, 9);
  t.match(rows, [
    { exporter: '::', refused: 1, queue_drops: 2, kernel_drops: 3 },
    { exporter: '::', not_stored: 9 },
  ]);
});

t.test('for the metrics: each malformed fixture once, under its exporter and its reason', async (t) => {
  const { rig, books } = make();
  for (const [, bytes] of malformedFixtures()) rig.send(bytes, { micros: receivedMicros });
  const [exporter, ...others] = books.snapshot();
  t.same(others, [], 'domains of one address are one exporter');
  t.equal(exporter?.exporter, '192.0.2.9');
  t.same(new Map(exporter?.reasons), new Map(malformedFixtures().map(([code]) => [code, 1])));
});
