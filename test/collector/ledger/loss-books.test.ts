import t from 'tap';
import type { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { LossBooks, type LossState } from '../../../collector/ledger/loss-books.ts';
import type { ControlFrame } from '../../../collector/receive/control-frame.ts';
import { migrate } from '../../../collector/store/migrate.ts';
import { type Row, RowWriter } from '../../../collector/store/row-writer.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { keepRows } from '../../support/kept-rows.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { hasPeers } from '../../support/peers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { startTestStore } from '../../support/test-store.ts';

const template = set(2, templateRecord(256, [[1, 4]]));
const own = '00000000000000000000ffffc0000209';

const make = (rig = new DecoderRig()) => {
  const { rows, writer } = keepRows();
  const books = new LossBooks({ domains: rig.decoder.domains, rows: writer, collector: 'here' });
  return { rig, rows, books };
};
const control = (more: Partial<ControlFrame>): ControlFrame => ({
  kernelDrops: 0,
  refused: 0,
  queueDrops: 0,
  exporters: [],
  ...more,
});

t.test('a row has the totals of its minute', async (t) => {
  const { rig, rows, books } = make();
  const send = (micros: number, sequence: number, ...sets: readonly Uint8Array[]): void => {
    books.second(micros);
    rig.send(ipfix({ sequence }, ...sets), { micros });
  };
  send(60e6, 0, template, set(256, u32(1)));
  books.writeMinute();
  const about = { table: 'exporter_loss', exporter: '::ffff:192.0.2.9', domain: 7, collector: 'here' };
  t.match(rows, [{ ...about, minute: 60, datagrams: 1, records: 1, missing: 0 }]);
  books.writeMinute();
  t.equal(rows.length, 1, 'nothing has changed');
  send(119e6, 3, set(256, u32(1)));
  t.equal(rows.length, 1);
  books.second(120e6);
  t.match(rows[1], { ...about, minute: 60, datagrams: 2, records: 2, missing: 2 }, 'the whole minute');
  books.second(180e6);
  t.equal(rows.length, 2, 'a minute without a datagram has no row');
  send(181e6, 1, set(256, u32(1), u32(1)));
  books.second(300e6);
  t.match(
    rows[2],
    { minute: 180, datagrams: 1, missing: -2, reordered: 1 },
    'what came late comes off the sum',
  );
  send(301e6, 4, set(256, '00'));
  books.second(300.5e6);
  books.writeMinute();
  t.match(rows[3], { minute: 300, datagrams: 1, records: 0, malformed: 1 });
  t.equal(rows.length, 4);
});

t.test(
  'losses of the receive thread and of the store, and datagrams that the journal had no room for',
  async (t) => {
    const { rows, books } = make();
    books.notStored(1);
    books.second(60e6);
    books.control(
    control({
      kernelDrops: 3,
      refused: 7,
      queueDrops: 4,
      exporters: [['192.0.2.9', 2, 0], ['2001:db8::1', 0, 4]],
    }),
  ); // biome-ignore format: short
    books.control(control({ refused: 1, exporters: [['192.0.2.9', 1, 0]] }));
    books.notStored(9);
    for (let i = 0; i < 3; i++) books.journalDrop(hexBytes(`ff${own}`), 1);
    books.writeMinute();
    const zero = { minute: 60, domain: 0, datagrams: 0, missing: 0 };
    const byExporter = new Map(rows.map((row) => [row.exporter, row]));
    t.match(byExporter.get('::'), { ...zero, refused: 5, queue_drops: 0, kernel_drops: 3, not_stored: 10 });
    t.match(byExporter.get('::ffff:192.0.2.9'), { ...zero, refused: 3, queue_drops: 0, journal_drops: 3 });
    t.match(byExporter.get('2001:db8::1'), { ...zero, refused: 0, queue_drops: 4, journal_drops: 0 });
    t.equal(rows.length, 3);
    books.second(120e6);
    books.journalDrop(hexBytes(own), 0);
    books.writeMinute();
    t.match(rows.slice(3), [{ minute: 120, refused: 0, journal_drops: 1 }], 'each minute for itself');
    t.equal(books.journalDropsOf(hexBytes(own)), 4, 'this one since the journal began');
  },
);

t.test('a domain 0 and the losses of its exporter are one row', async (t) => {
  const { rig, rows, books } = make();
  books.second(60e6);
  rig.send(ipfix({ domain: 0 }, template, set(256, u32(1))), { micros: 60e6 });
  books.control(control({ queueDrops: 5, exporters: [['192.0.2.9', 0, 5]] }));
  books.writeMinute();
  t.match(rows, [{ exporter: '::ffff:192.0.2.9', domain: 0, datagrams: 1, queue_drops: 5 }]);
});

t.test('more exporters than are named: the rest is nobody`s', async (t) => {
  const { rows, books } = make();
  books.second(60e6);
  for (let i = 0; i < 1500; i++)
    books.control(control({ refused: 1, exporters: [[`10.0.${i >> 8}.${i & 255}`, 1, 0]] }));
  books.writeMinute();
  t.ok(rows.length <= 1000, `${rows.length} rows`);
  t.equal(
    rows.reduce((sum, row) => sum + Number(row.refused), 0),
    1500,
  );
});

t.test('what a domain counted that is forgotten stays, and is there once when it comes again', async (t) => {
  const { rig, rows, books } = make(new DecoderRig({ limits: { domains: 1 } }));
  let last: ObservationDomain | undefined;
  const send = (micros: number, address: string): void => {
    books.second(micros);
    // What the decoder is to do when it makes room for another domain.
    if (last && Buffer.from(last.exporter).toString('hex') !== address) books.forget(last);
    rig.send(ipfix({}, template, set(256, u32(1))), { micros, address });
    [last] = rig.decoder.domains;
  };
  const other = '20010db8000000000000000000000001';
  send(59e6, own);
  send(60e6, own);
  books.writeMinute();
  send(61e6, other);
  send(62e6, own);
  send(63e6, other);
  books.second(120e6);
  send(121e6, other);
  books.second(180e6);
  const newest = new Map(rows.map((row) => [`${row.minute} ${row.exporter}`, row.datagrams]));
  t.same([...newest].sort(), [
    ['0 ::ffff:192.0.2.9', 1],
    ['120 2001:db8::1', 1],
    ['60 2001:db8::1', 2],
    ['60 ::ffff:192.0.2.9', 2],
  ]);
});

t.test(
  'a domain that comes again is never told less than nothing, though nobody said that it was forgotten',
  async (t) => {
    const { rig, rows, books } = make(new DecoderRig({ limits: { domains: 1 } }));
    const send = (micros: number, address: string): void => {
      books.second(micros);
      rig.send(ipfix({}, template, set(256, u32(1))), { micros, address });
    };
    for (const second of [50, 51, 52]) send(second * 1e6, own);
    send(60e6, '20010db8000000000000000000000001');
    send(61e6, own);
    books.writeMinute();
    t.match(rows.at(-1), { minute: 60, exporter: '::ffff:192.0.2.9', datagrams: 1, records: 1 });
  },
);

type Event = (rig: DecoderRig, books: LossBooks) => void;

/** Some minutes of traffic, none that its table lets go of: gaps, late datagrams, octets that are no Message, losses of all kinds. */
const makeEvents = (seed: number): Event[] => {
  const random = new SeededRandom(seed);
  const events: Event[] = [];
  const sequences = [0, 0, 0, 0];
  let micros = 2_000_000_000e6;
  for (let i = 0; i < 120; i++) {
    micros += random.between(1, 4_000_000);
    const [at, exporter, kind] = [micros, random.below(4), random.below(10)];
    const sender = { micros: at, address: `20010db80000000000000000000000${10 + exporter}` };
    const sequence = (sequences[exporter] ?? 0) + (random.chance(0.2) ? random.between(-3, 3) : 0);
    const bytes =
      kind === 0
        ? '0003'
        : ipfix(
            { sequence, domain: exporter % 2 },
            kind < 5 ? template : set(2, templateRecord(257, [[2, 4]])),
            set(256, u32(1)),
          );
    sequences[exporter] = sequence + 1;
    const lost = random.below(5);
    events.push((rig, books) => {
      books.second(Math.floor(at / 1e6) * 1e6);
      if (kind < 8) rig.send(bytes, sender);
      if (kind === 8)
        books.control(
          control({ refused: lost + 1, kernelDrops: lost, exporters: [['2001:db8::10', lost, 0]] }),
        );
      if (kind === 9) for (let n = 0; n <= lost; n++) books.journalDrop(hexBytes(sender.address), 0);
    });
  }
  return events;
};

/** The last row of each key: what ReplacingMergeTree keeps. */
const newestRows = (rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [`${row.minute} ${row.exporter} ${row.domain}`, row]));

t.test('frames that are taken again after any of them give the same rows', async (t) => {
  for (const seed of [1, 2, 3]) {
    const events = makeEvents(seed);
    const whole = make();
    const states: string[] = [];
    const minutes: number[] = [];
    for (const [i, event] of events.entries()) {
      states.push(JSON.stringify({ decoder: whole.rig.decoder.save(), books: whole.books.save() }));
      event(whole.rig, whole.books);
      minutes.push(whole.books.save().minute ?? 0);
      if (i % 7 === 0) whole.books.writeMinute();
    }
    whole.books.writeMinute();
    const truth = newestRows(whole.rows);
    t.ok(truth.size > 10, `${truth.size} rows`);
    let same = 0;
    for (let from = 0; from < events.length; from++) {
      const { decoder, books: state } = JSON.parse(states[from] ?? '');
      const again = make();
      again.rig.decoder.restore(decoder);
      again.books.restore(state as LossState);
      for (const event of events.slice(from)) event(again.rig, again.books);
      again.books.writeMinute();
      const since = from === 0 ? 0 : (minutes[from - 1] ?? 0);
      const expected = [...truth].filter(([, row]) => Number(row.minute) >= since).sort();
      const rows = [...newestRows(again.rows)].sort();
      if (JSON.stringify(rows) === JSON.stringify(expected)) same++;
      else t.same(rows, expected, `seed ${seed}, from frame ${from}`);
    }
    t.equal(same, events.length);
    const datagrams = [...truth.values()].reduce((sum, row) => sum + Number(row.datagrams), 0);
    t.equal(datagrams, whole.rig.decoder.datagrams, 'each datagram is in one row');
  }
});

t.test('in a real table the rows of a minute that is read again replace those before', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  await migrate(client);
  const events = makeEvents(4);
  const rig = new DecoderRig();
  const writer = new RowWriter({ client });
  const books = new LossBooks({ domains: rig.decoder.domains, rows: writer, collector: 'here' });
  let state = '';
  for (const [i, event] of events.entries()) {
    if (i === 40) state = JSON.stringify({ decoder: rig.decoder.save(), books: books.save() });
    // It ends in the middle of a minute, and begins anew long before.
    if (i === 90) break;
    event(rig, books);
    if (i % 9 === 0) books.writeMinute();
    if (i % 30 === 0) await writer.flush();
  }
  await writer.flush();
  const again = new DecoderRig();
  const restored = new LossBooks({ domains: again.decoder.domains, rows: writer, collector: 'here' });
  const { decoder, books: saved } = JSON.parse(state);
  again.decoder.restore(decoder);
  restored.restore(saved);
  for (const event of events.slice(40)) event(again, restored);
  restored.writeMinute();
  await writer.flush();
  t.equal(writer.problem, undefined);
  const known = make();
  for (const event of events) event(known.rig, known.books);
  known.books.writeMinute();
  const sum = (name: string): number =>
    [...newestRows(known.rows).values()].reduce((total, row) => total + Number(row[name]), 0);
  const names = ['datagrams', 'missing', 'malformed', 'refused', 'kernel_drops', 'journal_drops'];
  const sums = names.map((name) => `toInt64(sum(${name})) AS ${name}`).join();
  const [there] = await sql<Record<string, string>>(`SELECT ${sums} FROM exporter_loss FINAL`);
  t.same(there, Object.fromEntries(names.map((name) => [name, String(sum(name))])));
  t.equal(there?.datagrams, String(known.rig.decoder.datagrams));
  const [all] = await sql<{ n: string }>('SELECT count() AS n FROM exporter_loss');
  const [final] = await sql<{ n: string }>('SELECT count() AS n FROM exporter_loss FINAL');
  t.ok(Number(all?.n) > Number(final?.n), 'rows were replaced');
});

t.test('a state of another form is refused, and changes nothing', async (t) => {
  const { books } = make();
  books.second(60e6);
  books.control(control({ refused: 1, exporters: [['192.0.2.9', 1, 0]] }));
  const state = books.save();
  const wrong: unknown[] = [
    null,
    {},
    [],
    { ...state, minute: 'x' },
    { ...state, domains: [['x', 1, []]] },
    { ...state, domains: [[`${own} 0`, 1, [1, 2]]] },
    { ...state, received: [[`${own} 0`, ['1']]] },
    { ...state, forgotten: undefined },
    { ...state, journalDrops: [['192.0.2.1', 1]] },
    { ...state, journalDropsOfMinute: [[own, null]] },
  ];
  for (const one of wrong) {
    const fresh = make();
    t.throws(() => fresh.books.restore(one as LossState), /books of losses/);
    fresh.books.writeMinute();
    t.same(fresh.books.save(), make().books.save());
  }
});
