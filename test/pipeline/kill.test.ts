/** Collector and ClickHouse are killed at random moments: what was journaled is in the table exactly once. */

import t from 'tap';
import { runKillLab } from '../support/kill-lab.ts';
import { hasPeers } from '../support/peers.ts';

t.test('20 kills of the collector, 10 of ClickHouse, under a steady stream', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  await runKillLab(t, { seed: 4, collectorKills: 20, serverKills: 10, minutes: 0, flowsPerSecond: 5000 });
});
