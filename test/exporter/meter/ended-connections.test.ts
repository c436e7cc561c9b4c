import t from 'tap';
import { ConnectionKey } from '../../../exporter/meter/connection-key.ts';
import { EndedConnections } from '../../../exporter/meter/ended-connections.ts';
import { makeTestConnection } from '../../support/connections.ts';

const keyOf = (id: number): ConnectionKey => {
  const key = new ConnectionKey();
  key.set(makeTestConnection({ id, from: ['10.0.0.1', id % 60_000] }));
  return key;
};

t.test('remembers which have ended, by key and start', async (t) => {
  const ended = new EndedConnections(100);
  ended.add(keyOf(1), 5e6);
  t.equal(ended.has(keyOf(1), 5e6), true);
  t.equal(ended.has(keyOf(1), 0), true, 'start not known');
  t.equal(ended.has(keyOf(1), 6e6), false, 'the next one');
  t.equal(ended.has(keyOf(2), 5e6), false);
  ended.clear();
  t.equal(ended.has(keyOf(1), 5e6), false);
});

t.test('keeps the youngest: half of the limit at least, and no more than it', async (t) => {
  const ended = new EndedConnections(10_000);
  for (let id = 0; id < 52_500; id++) ended.add(keyOf(id), 0);
  const kept = Array.from({ length: 52_500 }, (_, id) => ended.has(keyOf(id), 0));
  t.ok(kept.slice(-5000).every(Boolean));
  const count = kept.filter(Boolean).length;
  t.ok(count <= 10_000, `${count}`);
});

t.test('forgets what is older than the call before', async (t) => {
  const ended = new EndedConnections(100);
  ended.add(keyOf(1), 0);
  ended.forgetOlder();
  ended.add(keyOf(2), 0);
  t.equal(ended.has(keyOf(1), 0), true);
  ended.forgetOlder();
  t.equal(ended.has(keyOf(1), 0), false);
  t.equal(ended.has(keyOf(2), 0), true);
});
