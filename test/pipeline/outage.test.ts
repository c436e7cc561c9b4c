/** ClickHouse away for a while, at 50,000 flows a second. */

import t from 'tap';
import { runOutageLab } from '../support/outage-lab.ts';
import { hasPeers } from '../support/peers.ts';

t.test('killed, and started again after 15 s', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  await runOutageLab(t, { seconds: 15, flowsPerSecond: 50_000, how: 'kill' });
});

t.test('frozen for 5 s, with connections open', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  await runOutageLab(t, { seconds: 5, flowsPerSecond: 20_000, how: 'freeze' });
});
