import t from 'tap';
import { ConnectionKey, isSameStart } from '../../../exporter/meter/connection-key.ts';
import type { Connection } from '../../../exporter/observe/connection.ts';
import { makeTestConnection } from '../../support/connections.ts';

const keyOf = (connection: Connection): ConnectionKey => {
  const key = new ConnectionKey();
  key.set(connection);
  return key;
};

t.test('words of IPv4 and IPv6', async (t) => {
  const ipv4 = keyOf(makeTestConnection({ id: 7, zone: 3 }));
  t.same([...ipv4.words.slice(0, 5)], [7, 0x9c4001bb | 0, 0x306, 0x0a000002, 0xc0000250 | 0]);
  const ipv6 = keyOf(makeTestConnection({ id: 7, from: ['fd00::2', 1], to: ['2001:db8::1', 2] }));
  t.same([...ipv6.words], [7, 0x10002, 6, 0xfd000000 | 0, 0, 0, 2, 0x20010db8, 0, 0, 1]);
});

t.test('ICMP has type, code and id instead of ports', async (t) => {
  const connection = makeTestConnection({ protocol: 1 });
  Object.assign(connection.original, { icmpType: 8, icmpCode: 1, icmpId: 0xbeef });
  t.equal(keyOf(connection).words[1], 0x0801beef);
});

t.test('the hash depends on each part', async (t) => {
  const hashes = [
    makeTestConnection({}),
    makeTestConnection({ id: 8 }),
    makeTestConnection({ zone: 1 }),
    makeTestConnection({ protocol: 17 }),
    makeTestConnection({ from: ['10.0.0.3', 40000] }),
    makeTestConnection({ from: ['10.0.0.2', 40001] }),
    makeTestConnection({ to: ['192.0.2.81', 443] }),
    ...['fd00::1', 'fd00:1::1', 'fd00:0:0:1::1', 'fd00::1:0:1'].map((address) =>
      makeTestConnection({ from: [address, 1], to: ['2001:db8::1', 2] }),
    ),
  ].map((connection) => keyOf(connection).hash);
  t.equal(new Set(hashes).size, hashes.length);
});

t.test('whether two starts are of the same connection', async (t) => {
  const start = 1_700_000_000e6;
  t.equal(isSameStart(start, start), true);
  t.equal(isSameStart(start, start + 1), false);
  t.equal(isSameStart(0, start), true, 'not known');
  t.equal(isSameStart(-(start + 20_000), start), true, 'NEW came 20 ms later');
  t.equal(isSameStart(start, -(start + 60e6)), false);
});
