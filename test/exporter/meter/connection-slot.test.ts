import t from 'tap';
import { keepCounters } from '../../../exporter/meter/connection-counters.ts';
import { ConnectionKey } from '../../../exporter/meter/connection-key.ts';
import {
  keepFacts,
  keepTuples,
  recallConnection,
  seenStatesOf,
} from '../../../exporter/meter/connection-slot.ts';
import { ConnectionTable } from '../../../exporter/meter/connection-table.ts';
import { TextPool } from '../../../exporter/meter/text-pool.ts';
import { type Connection, makeConnection } from '../../../exporter/observe/connection.ts';
import { makeTestConnection } from '../../support/connections.ts';

const keep = (connection: Connection) => {
  const table = new ConnectionTable(connection.family === 4 ? 1 : 4, 10);
  const texts = new TextPool();
  const key = new ConnectionKey();
  key.set(connection);
  const slot = table.add(key);
  keepTuples(table, slot, connection);
  keepFacts(table, slot, connection, texts);
  return { table, slot, texts };
};

const facts = {
  kind: 'dump',
  id: 0xffff_fffe,
  zone: 0xfffe,
  mark: 0x8000_0001,
  status: 0x8000_000e,
  timeoutSeconds: 431_999,
  helper: 'ftp',
  labels: '8'.repeat(32),
  hasCounters: true,
  packets: 2 ** 40 + 1,
  octets: 2 ** 53 - 1,
  reversePackets: 3,
  reverseOctets: 4,
} as const;

t.test('what goes in comes out', async (t) => {
  const ends = [
    { from: ['10.0.0.2', 65535], to: ['255.255.255.254', 1] },
    { from: ['fd00:1:2:3:4:5:6:7', 65535], to: ['2001:db8::ffff', 1] },
  ] as const;
  for (const { from, to } of ends) {
    const connection = makeTestConnection({ ...facts, from, to, replyTo: [from[0], 40001] });
    const { table, slot, texts } = keep(connection);
    keepCounters(table, slot, connection);
    const recalled = makeConnection();
    recalled.original.src.fill(0xaa);
    recallConnection(recalled, table, slot, texts);
    t.same(recalled, connection);
  }
});

t.test('ICMP, without state and counters', async (t) => {
  const connection = makeTestConnection({ ...facts, hasCounters: false, protocol: 1, state: -1 });
  for (const tuple of [connection.original, connection.reply])
    Object.assign(tuple, { srcPort: 0, dstPort: 0 });
  Object.assign(connection, { packets: 0, octets: 0, reversePackets: 0, reverseOctets: 0 });
  Object.assign(connection.original, { icmpType: 255, icmpCode: 254, icmpId: 0xfffe });
  const { table, slot, texts } = keep(connection);
  const recalled = makeConnection();
  recallConnection(recalled, table, slot, texts);
  t.same(recalled, connection);
});

t.test('what a message does not say stays; states add up', async (t) => {
  const { table, slot, texts } = keep(makeTestConnection({ ...facts, state: 1 }));
  keepFacts(table, slot, makeTestConnection({ state: 4, labels: '1'.repeat(32) }), texts);
  keepFacts(table, slot, makeTestConnection({ state: -1 }), texts);
  const recalled = makeConnection();
  recallConnection(recalled, table, slot, texts);
  t.match(recalled, { helper: 'ftp', labels: '1'.repeat(32), state: 4 });
  t.equal(seenStatesOf(table, slot), (1 << 1) | (1 << 4));
});
