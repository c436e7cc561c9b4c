import t from 'tap';
import { LoggedConnections } from '../../../exporter/meter/logged-connections.ts';
import { makeTestConnection } from '../../support/connections.ts';

const connection = (port: number, more = {}) => makeTestConnection({ from: ['10.0.0.2', port], ...more });
const counted = (packets: number) => ({
  hasCounters: true,
  packets,
  octets: 100 * packets,
  reversePackets: packets - 1,
  reverseOctets: 10 * packets,
});

t.test('what was counted since the last time', async (t) => {
  const known = new LoggedConnections(100);
  const deltas = new Float64Array(4);
  t.notOk(known.find(connection(1), 0));
  known.add(0);
  t.ok(known.takeDeltas(deltas, connection(1, counted(3))));
  t.same([...deltas], [3, 300, 2, 30]);
  t.ok(known.find(connection(1), 0));
  t.ok(known.takeDeltas(deltas, connection(1, counted(5))));
  t.same([...deltas], [2, 200, 2, 20]);
  t.notOk(known.takeDeltas(deltas, connection(1, counted(5))), 'nothing new');
  t.ok(known.takeDeltas(deltas, connection(1, counted(2))), 'somebody has set them to 0');
  t.same([...deltas], [2, 200, 1, 20]);
});

t.test('the same ends at another time are another connection', async (t) => {
  const known = new LoggedConnections(100);
  known.find(connection(1), 0);
  known.add(5e12);
  t.notOk(known.find(connection(1), 5e12 + 1), 'it began at another time');
  t.ok(known.find(connection(1), 0), 'nobody says when');
  t.equal(known.startMicros, 5e12);
  known.remove();
  known.find(connection(1), -5e12);
  known.add(-5e12);
  t.ok(known.find(connection(1), 5e12 + 1e6), 'the start was told by an event');
  t.equal(known.startMicros, 5e12);
  t.notOk(known.find(connection(1), 5e12 + 6e6));
});

t.test('those that nobody speaks of are forgotten, and the others are not', async (t) => {
  const known = new LoggedConnections(8);
  const deltas = new Float64Array(4);
  const isIpv6 = (port: number) => port % 2 === 1;
  const make = (port: number, more = {}) =>
    isIpv6(port)
      ? connection(port, { from: ['2001:db8::1', port], to: ['2001:db8::2', 443], ...more })
      : connection(port, more);
  for (let port = 1; port <= 4; port++) {
    known.find(make(port), -port * 1e6);
    known.add(-port * 1e6);
    known.takeDeltas(deltas, make(port, counted(port)));
  }
  for (let port = 5; port <= 12; port++) {
    t.ok(known.find(make(1), 0), 'the first one is spoken of again and again');
    t.ok(known.find(make(2), 0), 'and the second');
    t.notOk(known.find(make(port), 0));
    known.add(port * 1e6);
    t.ok(known.size <= 8);
  }
  t.ok(known.find(make(1), 0));
  t.equal(known.startMicros, 1e6);
  known.takeDeltas(deltas, make(1, counted(4)));
  t.same([...deltas], [3, 300, 3, 30], 'its counters came along');
  t.ok(known.find(make(2), 2e6 + 1), 'and that its start is a guess');
  t.notOk(known.find(make(3), 0));
  t.notOk(known.find(make(4), 0));
  t.ok(known.forgotten >= 2);
});
