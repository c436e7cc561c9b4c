/** A simulated kernel, in many random lives: whatever comes late, twice or never, each packet is counted once. */

import t from 'tap';
import { ConnectionMeter } from '../../exporter/meter/connection-meter.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { defaultTimeouts } from '../support/connections.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type SimulatedConnection, SimulatedConntrack } from '../support/simulated-conntrack.ts';

interface Seen {
  packets: number;
  octets: number;
  reversePackets: number;
  ends: number;
  lasts: number;
  interims: number;
  flowIds: Set<number>;
}

const newSeen = (): Seen => ({
  packets: 0,
  octets: 0,
  reversePackets: 0,
  ends: 0,
  lasts: 0,
  interims: 0,
  flowIds: new Set(),
});

const note = (seen: Seen, record: FlowRecord): void => {
  seen.packets += record.packets;
  seen.octets += record.octets;
  seen.reversePackets += record.reversePackets;
  seen.flowIds.add(record.flowIdHigh * 2 ** 20 + record.flowIdLow);
  if (record.event === 'destroy') seen.ends++;
  if (record.endReason === 4) seen.lasts++;
  if (record.endReason === 2) seen.interims++;
};

/** Packets that must have been exported: one of these numbers. */
const expectedPackets = (connection: SimulatedConnection, timestamps: boolean): readonly number[] => {
  const { isOlder, firstListed, lastListed, packets, destroy, isAlive } = connection;
  const before = isOlder ? firstListed : 0;
  const known = Math.max(0, lastListed - before);
  // It was there before us, and no dump has told how much it had carried by then.
  const all = isOlder && firstListed < 0 ? 0 : packets - before;
  if (isAlive || destroy === 'lost') return [known];
  // Without its start nobody can tell that it was older, when it comes after the first dump.
  if (isOlder && firstListed < 0 && !timestamps) return [0, packets];
  return destroy === 'late' ? [known, all] : [all];
};

const runLife = (seed: number, timestamps: boolean, lossShare: number) => {
  const seenOf = new Map<number, Seen>();
  const meter = new ConnectionMeter(
    {
      activeMicros: 100e6,
      maxConnections: 10_000,
      exportEvents: { new: false, update: false, destroy: true },
      natEvents: 'off',
      flows: true,
      rememberNew: !timestamps,
      timeouts: defaultTimeouts,
    },
    (record) => {
      // The start is the connection's own only where the kernel tells it; the mark may be of the next one with its id.
      const key = timestamps ? record.startMicros : record.mark;
      const seen = seenOf.get(key) ?? newSeen();
      seenOf.set(key, seen);
      note(seen, record);
    },
  );
  const random = new SeededRandom(seed);
  const kernel = new SimulatedConntrack(random, { timestamps, lossShare }, meter);
  kernel.dump(random.chance(0.5));
  for (let i = 0; i < 8; i++) {
    for (let j = random.below(10); j > 0; j--) kernel.live();
    kernel.dump(random.chance(0.8));
    if (random.chance(0.4)) kernel.deliverLate();
  }
  kernel.deliverEvents();
  for (let i = 0; i < 3; i++) {
    kernel.live(true);
    kernel.dump(true, true);
  }
  kernel.deliverLate();
  const alive = kernel.all.filter(({ isAlive }) => isAlive).length;
  return {
    kernel,
    meter,
    alive,
    seenOf: (c: SimulatedConnection) => seenOf.get(timestamps ? c.startMicros : c.mark),
  };
};

for (const timestamps of [true, false])
  for (const lossShare of [0, 0.3])
    t.test(`timestamps ${timestamps ? 'on' : 'off'}, ${100 * lossShare} % of ends lost`, async (t) => {
      let interims = 0;
      let vanished = 0;
      let duplicates = 0;
      for (let seed = 1; seed <= 150; seed++) {
        const { kernel, meter, alive, seenOf } = runLife(seed, timestamps, lossShare);
        if (meter.size !== alive) t.equal(meter.size, alive, `life ${seed}: nothing dead is kept`);
        while (meter.finish(kernel.nowMicros, 7));
        for (const connection of kernel.all) {
          const { isAlive, destroy, mark, firstListed } = connection;
          const seen = seenOf(connection) ?? newSeen();
          const what = `life ${seed}, connection ${mark} ${JSON.stringify(connection)}`;
          const wasTold = firstListed >= 0 || destroy === 'delivered' || destroy === 'late';
          // A loss right after NEW leaves nothing that must be told.
          const isRight = wasTold || isAlive ? seen.ends === (isAlive ? 0 : 1) : seen.ends <= 1;
          if (!isRight) t.fail(`${what}: ended ${seen.ends} times`);
          if (seen.lasts !== (isAlive ? 1 : 0)) t.fail(`${what}: ${seen.lasts} last records at the stop`);
          const expected = expectedPackets(connection, timestamps);
          if (!expected.includes(seen.packets)) t.fail(`${what}: ${seen.packets}, not ${expected}`);
          if (seen.octets !== 100 * seen.packets || seen.reversePackets !== 2 * seen.packets)
            t.fail(`${what}: counters do not belong together`);
          if (seen.flowIds.size > 1) t.fail(`${what}: ${seen.flowIds.size} flowIds`);
          interims += seen.interims;
        }
        vanished += meter.counters.vanished;
        duplicates += meter.counters.duplicates;
      }
      t.ok(interims > 1000 && vanished > 500 && duplicates > 500, 'all of it happened');
    });
