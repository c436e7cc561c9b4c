import t from 'tap';
import { TrackedConnections } from '../../../exporter/meter/tracked-connections.ts';
import { makeConnection } from '../../../exporter/observe/connection.ts';
import { type ConnectionSpec, defaultTimeouts, makeTestConnection } from '../../support/connections.ts';

const second = 1e6;
const begin = 1_700_000_000 * second;

const track = (tracked: TrackedConnections, spec: ConnectionSpec): boolean => {
  const connection = makeTestConnection({ kind: 'dump', hasCounters: true, ...spec });
  const found = tracked.find(connection);
  if (!found && !tracked.add(connection, begin)) return false;
  tracked.keep(connection);
  tracked.keepListed(connection, tracked.keepCounters(connection, false), begin);
  return true;
};

t.test('both families share the limit', async (t) => {
  const tracked = new TrackedConnections(2, defaultTimeouts);
  tracked.begin(begin);
  t.equal(track(tracked, {}), true);
  t.equal(track(tracked, { from: ['fd00::1', 1], to: ['fd00::2', 1] }), true);
  t.equal(track(tracked, { id: 3 }), false);
  t.equal(track(tracked, { from: ['fd00::1', 1], to: ['fd00::2', 1] }), true, 'it is there already');
  t.same([tracked.size, tracked.untracked], [2, 1]);
});

t.test('what is older than we', async (t) => {
  const tracked = new TrackedConnections(2, defaultTimeouts);
  tracked.begin(begin);
  tracked.begin(begin + 60 * second);
  t.equal(tracked.isOlder(begin - 1), true);
  t.equal(tracked.isOlder(begin), false);
  t.equal(tracked.isOlder(0), false, 'no dump at all');
  tracked.dumpStarted(begin);
  t.equal(tracked.isOlder(0), true, 'the first dump shows it');
  tracked.dumpEnded(false, () => undefined);
  tracked.dumpStarted(begin);
  t.equal(tracked.isOlder(0), true, 'or the first complete one');
  tracked.dumpEnded(true, () => undefined);
  t.equal(tracked.isOlder(0), false);
  tracked.begin(begin - 3600 * second);
  t.equal(tracked.isOlder(begin - 1), false, 'the clock was put back');
});

t.test('visits those that two complete dumps do not have, and removes them', async (t) => {
  const tracked = new TrackedConnections(10, defaultTimeouts);
  tracked.begin(begin);
  const dump = (complete: boolean, ids: readonly number[]): number[] => {
    const vanished: number[] = [];
    const recalled = makeConnection();
    tracked.dumpStarted(begin);
    for (const id of ids) track(tracked, { id });
    tracked.dumpEnded(complete, () => {
      tracked.recall(recalled);
      vanished.push(recalled.id);
    });
    return vanished;
  };
  t.same(dump(true, [1, 2, 3]), []);
  t.same(dump(true, [1]), []);
  t.same(dump(false, []), []);
  t.same(dump(true, [1, 3]), [2]);
  t.same(dump(true, [1]), []);
  t.same(dump(true, [1]), [3]);
  t.equal(tracked.size, 1);
});
