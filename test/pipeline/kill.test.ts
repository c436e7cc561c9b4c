/** Collector and ClickHouse are killed at random moments: what was journaled is in the table exactly once. */

import t from 'tap';
import { runKillLab } from '../support/kill-lab.ts';
import { hasPeers } from '../support/peers.ts';

t.test('12 kills of the collector, 6 of ClickHouse, under a steady stream', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  await runKillLab(t, { seed: 4, collectorKills: 12, serverKills: 6, minutes: 0, flowsPerSecond: 5000 });
});
