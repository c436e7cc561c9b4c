import t from 'tap';
import { ExporterBooks } from '../../../collector/ledger/exporter-books.ts';
import { hexBytes } from '../../support/capture-builder.ts';
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

t.test('losses: by the minute, in the row of the exporter, and for the metrics', async (t) => {
  const { rig, rows, books } = make();
  const drop = (count: number): void => {
    for (let i = 0; i < count; i++) books.journalDrop(hexBytes(`00${hex}`), 1);
  };
  books.second(receivedMicros);
  rig.send(ipfix({ domain: 0 }, template, set(256, u32(1))));
  rig.send(ipfix({ domain: 1 }, template, set(256, u32(1))));
  drop(2);
  books.control({ kernelDrops: 1, refused: 4, queueDrops: 0, exporters: [['192.0.2.9', 4, 0]] });
  books.notStored(5);
  books.writeMinute();
  t.match(
    rows.filter(({ table }) => table === 'exporter_loss'),
    [
      { domain: 0, datagrams: 1, journal_drops: 2, refused: 4 },
      { domain: 1, datagrams: 1, journal_drops: 0, refused: 0 },
      { exporter: '::', kernel_drops: 1, not_stored: 5 },
    ],
  );
  books.writeExporters();
  t.same(
    rows.filter(({ table }) => table === 'exporters').map((row) => row.journal_drops),
    [2, 2],
    'those of the exporter, whatever the domain',
  );
  t.match(books.snapshot(), [{ exporter: '192.0.2.9', journalDrops: 2 }]);
  const state = JSON.parse(JSON.stringify({ decoder: rig.decoder.save(), books: books.save() }));
  const again = make();
  again.rig.decoder.restore(state.decoder);
  again.books.restore(state.books);
  again.books.journalDrop(hexBytes(hex), 0);
  t.match(again.books.snapshot(), [{ journalDrops: 3 }], 'goes on where it was');
});

t.test('what a domain lost that the decoder forgets is told all the same', async (t) => {
  const { rig, rows, books } = make();
  books.second(receivedMicros);
  rig.send(ipfix({}, template, set(256, u32(1))));
  const [gone] = rig.decoder.domains;
  const { rows: others, writer } = keepRows();
  const withoutIt = new ExporterBooks(new DecoderRig().decoder, writer, 'here');
  withoutIt.second(receivedMicros);
  if (gone) withoutIt.forgetDomain(gone);
  for (const one of [books, withoutIt]) one.writeMinute();
  t.equal(rows.length, 1);
  t.same(others, rows);
});

t.test('for the metrics: each malformed fixture once, under its exporter and its reason', async (t) => {
  const { rig, books } = make();
  for (const [, bytes] of malformedFixtures()) rig.send(bytes, { micros: receivedMicros });
  const [exporter, ...others] = books.snapshot();
  t.same(others, [], 'domains of one address are one exporter');
  t.equal(exporter?.exporter, '192.0.2.9');
  t.same(new Map(exporter?.reasons), new Map(malformedFixtures().map(([code]) => [code, 1])));
});
