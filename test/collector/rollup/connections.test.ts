import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, makeKeeper, minute, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('the newest state of each connection', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  // Rows expire a day after they were last seen, and these are of a day that may be long ago.
  await rig.client.command({ query: 'ALTER TABLE connections REMOVE TTL' });
  const at = tenOClock;
  const read = () =>
    rig.sql(`SELECT flow_id AS id, (toUnixTimestamp64Micro(first_start) - ${at}) / 1000000 AS first, (toUnixTimestamp64Micro(last_seen) - ${at}) / 1000000 AS seen,
bytes, reverse_bytes AS back, total_bytes AS total, toString(post_nat_src_addr) AS nat, is_closed AS closed, record_kind AS kind, end_reason AS reason
FROM connections FINAL ORDER BY flow_id`);
  const part = (id: number, end: number, more = {}) =>
    flowRow(at, at + end, { flow_id: id, record_kind: 'interim', end_reason: 2, ...more });
  await rig.put(
    part(1, minute, { total_bytes: 1000, reverse_bytes: 5 }),
    part(1, 2 * minute, { total_bytes: 2500, bytes: 1500, reverse_bytes: 6 }),
    part(1, 3 * minute, { total_bytes: 2600, bytes: 100, record_kind: 'flow', end_reason: 3 }),
    part(2, minute, { post_nat_src_addr: '::ffff:203.0.113.1' }),
    part(2, minute, { src_port: 7, post_nat_src_addr: '::ffff:0.0.0.0' }),
    part(0, minute),
    flowRow(at, at, { flow_id: 3, record_kind: 'event', nat_event: 4, bytes: 0 }),
  );
  const second = {
    id: '2',
    first: 0,
    seen: 60,
    bytes: '1000',
    back: '0',
    total: '0',
    closed: 0,
    kind: 'interim',
    reason: 2,
  };
  const open = { id: '3', first: 0, seen: 0, bytes: '0', total: '0', closed: 0, kind: 'event', reason: 0 };
  const first = {
    id: '1',
    first: 0,
    bytes: '2500',
    back: '11',
    total: '2500',
    closed: 0,
    seen: 120,
    kind: 'interim',
  };
  await makeKeeper(rig.client).catchUp(at + 2.5 * minute);
  t.match(await read(), [first, { id: '2' }, { id: '2' }, open]);
  await rig.catchUp();
  const rows = (await read()) as { id: string; nat: string }[];
  t.match(rows[0], { ...first, seen: 180, bytes: '2600', total: '2600', closed: 1, kind: 'flow', reason: 3 });
  t.match(rows[1], second);
  t.same(new Set([rows[1]?.nat, rows[2]?.nat]), new Set(['::', '::ffff:203.0.113.1']));
  await rig.put(
    flowRow(at + minute, at + minute, {
      flow_id: 3,
      record_kind: 'event',
      nat_event: 5,
      bytes: 0,
      received: at + 200 * minute,
    }),
  );
  await rig.catchUp(at + 300 * minute);
  t.match(((await read()) as unknown[])[3], { id: '3', closed: 1, seen: 60 });
});
