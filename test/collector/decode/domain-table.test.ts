import t from 'tap';
import { DomainTable } from '../../../collector/decode/domain-table.ts';
import { type DecoderLimits, decoderLimits } from '../../../collector/decode/limits.ts';
import type { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';

const makeTable = (limits: Partial<DecoderLimits> = {}) => {
  const made: ObservationDomain[] = [];
  const evicted: ObservationDomain[] = [];
  const all = { ...decoderLimits, ...limits };
  const table = new DomainTable(all, { made: (d) => made.push(d), evicted: (d) => evicted.push(d) });
  return { table, made, evicted, limits: all };
};
const address = (last: number): Uint8Array => new Uint8Array([0, ...new Array(15).fill(0), last]);

t.test('found by address and domain', async (t) => {
  const { table, made } = makeTable();
  const first = table.get(address(1), 1, 7);
  t.equal(table.get(address(1), 1, 7), first);
  t.not(table.get(address(2), 1, 7), first);
  t.not(table.get(address(1), 1, 8), first);
  t.equal(table.size, 3);
  t.same([...table], made);
  t.same(first.exporter, address(1).slice(1));
});

t.test('a Buffer that is used again does not change it', async (t) => {
  const { table } = makeTable();
  const octets = Buffer.from(address(5));
  const first = table.get(octets, 1, 0);
  octets.fill(9);
  t.same([...first.exporter], [...address(5).slice(1)]);
  t.equal(table.get(address(5), 1, 0), first);
});

t.test(
  'when it is full an eighth goes: first who never sent a flow, then who was heard longest ago',
  async (t) => {
    const { table, evicted } = makeTable({ domains: 16 });
    for (let i = 0; i < 16; i++) {
      const domain = table.get(address(i), 1, 0);
      domain.heard(1000 - i);
      domain.counters.datagrams = 10;
      if (i !== 3 && i !== 5) domain.counters.flowRecords = 1;
    }
    table.get(address(99), 1, 0);
    t.same(
      evicted.map((d) => d.exporter[15]),
      [5, 3],
    );
    t.same([table.size, table.evicted, [...table].length], [15, 2, 15]);
    t.equal(table.totals().datagrams, 160, 'what they had counted stays in the sums');
    t.not(table.get(address(3), 1, 0), evicted[1], 'who comes back is new');
  },
);

const template = (id: number, fields: number) =>
  makeTemplate(
    10,
    id,
    Array.from({ length: fields }, (_, i) => ({ pen: 0, id: i + 1, lengthBytes: 4 })),
  );

t.test('Templates and sessions of all domains are bounded, and the domain at hand stays', async (t) => {
  const { table, evicted, limits } = makeTable({ templateFields: 100 });
  for (let i = 0; i < 12; i++) {
    const domain = table.get(address(i), 1, 0);
    domain.heard(i);
    // Only those that came before have sent flows: the one at hand is worth the least.
    if (i < 11) domain.counters.flowRecords = 1;
    domain.putTemplate(domain.session(1, limits), template(256, 10), i, limits);
    table.bound(domain);
  }
  t.same(
    evicted.map((d) => d.exporter[15]),
    [0, 1],
  );
  const sessions = makeTable({ sessions: 10 });
  for (let i = 0; i < 12; i++) {
    const domain = sessions.table.get(address(i), 1, 0);
    domain.heard(i);
    domain.session(1, sessions.limits);
    sessions.table.bound(domain);
  }
  t.same(
    sessions.evicted.map((d) => d.exporter[15]),
    [0, 1],
  );
});

t.test('who was heard at the same time goes in the order of the table, also of a restored one', async (t) => {
  for (const order of [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [7, 3, 5, 1, 0, 2, 6, 4],
  ]) {
    const { table } = makeTable();
    for (const last of order) table.get(address(last), 1, 9).heard(5);
    const { table: next, made, evicted } = makeTable({ domains: 8 });
    for (const domain of table) next.restore({ ...domain.save(), waiting: [] });
    t.same(
      made.map((d) => d.exporter[15]),
      order,
    );
    t.equal(next.get(address(3), 1, 9), made[order.indexOf(3)], 'they are found');
    next.get(address(99), 1, 9);
    t.same(
      evicted.map((d) => d.exporter[15]),
      order.slice(0, 1),
    );
    t.not(next.get(address(order[0] ?? 0), 1, 9), evicted[0]);
  }
});

t.test('two that send flows are told apart by microseconds', async (t) => {
  const { table, evicted } = makeTable({ domains: 2 });
  for (const [last, micros] of [
    [1, 1_709_208_130_000_001],
    [2, 1_709_208_130_000_000],
  ] as const) {
    const domain = table.get(address(last), 1, 0);
    domain.heard(micros);
    domain.counters.flowRecords = 1;
  }
  table.get(address(3), 1, 0);
  t.same(
    evicted.map((d) => d.exporter[15]),
    [2],
  );
});

t.test('what restored domains take together is bounded as before', async (t) => {
  const { table, limits } = makeTable();
  for (let i = 0; i < 3; i++) {
    const domain = table.get(address(i), 1, 0);
    domain.heard(i);
    domain.putTemplate(domain.session(1, limits), template(256, 10), i, limits);
  }
  const { table: next, evicted } = makeTable({ templateFields: 29 });
  for (const domain of table) next.restore({ ...domain.save(), waiting: [] });
  next.bound(next.get(address(2), 1, 0));
  t.same(
    evicted.map((d) => d.exporter[15]),
    [0],
  );
});

t.test('what was announced in all domains is bounded, and goes with its domain', async (t) => {
  const { table, evicted } = makeTable({ announcedElements: 6 });
  const tell = (last: number, count: number): ObservationDomain => {
    const domain = table.get(address(last), 1, 0);
    domain.heard(last);
    for (let id = 1; id <= count; id++) domain.announce({ pen: 9, id, dataType: undefined, name: '' });
    return domain;
  };
  tell(1, 3);
  const second = tell(2, 3);
  table.bound(second);
  t.same(evicted, []);
  const changes = second.elementChanges;
  const third = tell(3, 1);
  t.equal(second.elementChanges, changes, 'what another exporter tells changes nothing');
  table.bound(third);
  t.same(evicted.map((d) => d.exporter[15]), [1]); // biome-ignore format: short
  t.equal(third.elementChanges, changes + 2, 'one was told, and one was forgotten');
  t.equal(second.elementChanges, changes + 2, 'the one that is gone may have spoken for it');
  tell(4, 2);
  table.bound(third);
  t.equal(evicted.length, 1, 'there is room again');
});

t.test('domain 0 speaks for the exporter, also when it is heard later', async (t) => {
  const { table } = makeTable();
  const [one, other] = [table.get(address(1), 1, 7), table.get(address(2), 1, 7)];
  table.get(address(1), 1, 0).announce({ pen: 9, id: 1, dataType: 'string', name: 'a' });
  t.match(one.findAnnounced(9, 1), { name: 'a', dataType: 'string' });
  t.equal(other.findAnnounced(9, 1), undefined);
  one.announce({ pen: 9, id: 1, dataType: 'boolean', name: 'b' });
  t.match(one.findAnnounced(9, 1), { name: 'b', dataType: 'boolean' }, 'its own word goes before');
});
