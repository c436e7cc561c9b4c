import t from 'tap';
import type { OptionsRow } from '../../../collector/decode/options-records.ts';
import type { Message } from '../../../collector/decode/record-sink.ts';
import { OptionsWriter } from '../../../collector/ledger/options-writer.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { keepRows } from '../../support/kept-rows.ts';

const at = (seconds: number, domain = 7): Message =>
  ({
    exporter: hexBytes('00000000000000000000ffffc0000209'),
    domain,
    receivedMicros: seconds * 1e6,
    state: { optionsHour: 0, optionsRows: 0, counters: { optionsRefused: 0 } },
  }) as unknown as Message;
const eth0: OptionsRow = { table: 'interfaces', id: 5, name: 'eth0', description: '' };
const who = { exporter: '::ffff:192.0.2.9', domain: 7 };

t.test('each kind of row has its columns', async (t) => {
  const { rows, writer } = keepRows();
  const options = new OptionsWriter(writer);
  options.write(eth0, at(100));
  options.write({ table: 'samplers', id: 3, rate: 1000, mode: '2', name: 'R' }, at(100));
  options.write({ table: 'applications', id: '218103809', name: 'a', description: 'b' }, at(100));
  options.write({ table: 'vrfs', id: 9, name: 'blue', rd: '0x01' }, at(100));
  options.write({ table: 'options', template: 300, scope: { system: '0' }, values: { x: '1' } }, at(100));
  t.same(rows, [
    { ...who, table: 'interfaces', interface: 5, name: 'eth0', description: '', seen: 100 },
    { ...who, table: 'samplers', sampler: 3, rate: 1000, mode: 2, name: 'R', seen: 100 },
    { ...who, table: 'applications', app: '218103809', name: 'a', description: 'b', seen: 100 },
    { ...who, table: 'vrfs', vrf: 9, name: 'blue', rd: '0x01', seen: 100 },
    { ...who, table: 'options', template: 300, scope: { system: '0' }, values: { x: '1' }, seen: 100 },
  ]);
});

t.test('written when new or changed, and once an hour', async (t) => {
  const { rows, writer } = keepRows();
  const options = new OptionsWriter(writer);
  options.write(eth0, at(100));
  options.write(eth0, at(3699));
  t.equal(rows.length, 1);
  options.write(eth0, at(3700));
  options.write({ ...eth0, name: 'eth9' }, at(3701));
  options.write(eth0, at(3702, 8));
  t.same(rows.map((row) => [row.name, row.domain, row.seen]), [['eth0', 7, 100], ['eth0', 7, 3700], ['eth9', 7, 3701], ['eth0', 8, 3702]]); // biome-ignore format: short
});

t.test('a mode that is no small number would have the whole INSERT refused', async (t) => {
  const { rows, writer } = keepRows();
  const options = new OptionsWriter(writer);
  for (const [id, mode] of ['', '65535', '65536', `0x${'ff'.repeat(32)}`, '1e3', '-1'].entries())
    options.write({ table: 'samplers', id, rate: 1, mode, name: '' }, at(1));
  t.same(
    rows.map((row) => row.mode),
    [0, 65535, 0, 0, 0, 0],
  );
});

t.test('when there are too many rows, those that were written longest ago are forgotten', async (t) => {
  const { rows, writer } = keepRows();
  const options = new OptionsWriter(writer, { rows: 4, characters: 1e6 });
  const write = (id: number, seconds = 100): void => options.write({ ...eth0, id }, at(seconds));
  for (const id of [1, 2, 3, 4]) write(id);
  write(1, 3700);
  const written = rows.length;
  for (const id of [1, 2, 3, 4]) write(id, 3600);
  t.equal(rows.length, written, 'there is room for four');
  write(5, 3700);
  for (const id of [1, 5]) write(id, 3700);
  t.equal(rows.length, written + 1, 'the newer half is remembered');
  for (const id of [2, 3]) write(id, 3600);
  t.same(
    rows.slice(written + 1).map((row) => row.interface),
    [2, 3],
  );
});

t.test('long texts count as what they are', async (t) => {
  const { rows, writer } = keepRows();
  const options = new OptionsWriter(writer, { rows: 100, characters: 1200 });
  const long = (id: number): void => options.write({ ...eth0, id, name: 'x'.repeat(400) }, at(100));
  options.write(eth0, at(100));
  for (const id of [1, 2, 1, 2]) long(id);
  t.equal(rows.length, 3);
  long(3);
  t.equal(rows.length, 4);
  long(3);
  t.equal(rows.length, 4, 'the newest is remembered');
  long(1);
  options.write(eth0, at(100));
  t.equal(rows.length, 6, 'the older ones are not');
});

t.test('a domain that says too much in an hour is not written any more', async (t) => {
  const { rows, writer } = keepRows();
  const asked: unknown[] = [];
  const budget = { take: (_: unknown, micros: number) => asked.push(micros) <= 2 };
  const options = new OptionsWriter(writer, { rows: 10, characters: 1e6 }, budget);
  for (const id of [1, 2, 2, 3, 1]) options.write({ ...eth0, id } as OptionsRow, at(100));
  t.same(asked, [100e6, 100e6, 100e6], 'what is known costs nothing');
  t.same(
    rows.map(({ interface: id }) => id),
    [1, 2],
  );
});
