import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, minute, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('flows by the hour', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  await rig.put(
    flowRow(at + minute, at + 2 * minute, { bytes: 10 }),
    flowRow(at + 3 * minute, at + 4 * minute, { bytes: 20 }),
    flowRow(at + 30 * minute, at + 2.5 * hour, { bytes: 4000, received: at + 2.6 * hour }),
    flowRow(at - 50 * hour, at + 10e6, { bytes: 7 }),
  );
  await rig.catchUp(at + 3 * hour);
  t.same(
    await rig.sql(`SELECT (toUnixTimestamp(hour) - ${at / 1e6}) / 3600 AS h, (toUnixTimestamp(received_hour) - ${at / 1e6}) / 3600 AS r, grain, bytes, flows
FROM flows_1h WHERE about = 'interfaces' ORDER BY h, r, grain`),
    [
      { h: 0, r: 0, grain: 'hour', bytes: '30', flows: '2' },
      { h: 0, r: 0, grain: 'end', bytes: '7', flows: '1' },
      { h: 0, r: 2, grain: 'hour', bytes: '1000', flows: '0' },
      { h: 1, r: 2, grain: 'hour', bytes: '2000', flows: '0' },
      { h: 2, r: 2, grain: 'hour', bytes: '1000', flows: '1' },
    ],
  );
});
