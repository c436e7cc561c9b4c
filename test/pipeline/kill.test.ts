/** Collector and ClickHouse are killed at random moments: what was journaled is in the table exactly once. */

import t from 'tap';
import { runKillLab } from '../support/kill-lab.ts';
import { hasPeers } from '../support/peers.ts';

t.test('8 kills of the collector, 4 of ClickHouse, under a steady stream', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  await runKillLab(t, { seed: 4, collectorKills: 8, serverKills: 4, minutes: 0, flowsPerSecond: 5000 });
});
