import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

const newest = `SELECT * FROM talkers_1h WHERE (hour, exporter, collector, version) IN
(SELECT hour, exporter, collector, max(version) FROM talkers_1h GROUP BY ALL)`;

t.test('who sent most in an hour', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  const address = (n: number): string => `::ffff:10.0.${n >> 8}.${n & 255}`;
  await rig.put(
    ...Array.from({ length: 1500 }, (_, i) =>
      flowRow(at + 10e6, at + 20e6, { src_addr: address(i), bytes: 100_000 - i, packets: 1 }),
    ),
    // Few octets, of which each stands for a thousand.
    flowRow(at + 10e6, at + 20e6, { src_addr: '::ffff:10.9.9.9', bytes: 101, sampling_rate: 1000 }),
    // Half of it is in the next hour.
    flowRow(at + 0.5 * hour, at + 1.5 * hour, {
      src_addr: '::ffff:10.8.8.8',
      bytes: 8_000_000,
      packets: 80,
      reverse_bytes: 600,
      reverse_packets: 6,
    }),
    flowRow(at, at + 1, { src_addr: '::ffff:10.7.7.7', record_kind: 'event', bytes: 9e9 }),
  );
  await rig.catchUp();
  const top = await rig.sql<Record<string, string>>(
    `SELECT rank, toString(address) AS address, sampling_rate AS rate, addresses, bytes, packets, flows FROM (${newest})
WHERE hour = toDateTime(${at / 1e6}) AND role = 'src' ORDER BY rank, rate`,
  );
  t.equal(top.length, 1001);
  // Of 1503 sources, the answering one included, 1000 are listed.
  const rest = top[0];
  t.match(rest, { rank: 0, address: '::', addresses: '503', flows: '502' });
  t.match(top.slice(1, 4), [
    { rank: 1, address: '::ffff:10.8.8.8', bytes: '4000000', packets: '40', flows: '0' },
    { rank: 2, address: '::ffff:10.9.9.9', rate: 1000, bytes: '101', addresses: '1' },
    { rank: 3, address: '::ffff:10.0.0.0', bytes: '100000', flows: '1' },
  ]);
  t.match(top.at(-1), { rank: 1000, address: address(997), bytes: String(100_000 - 997) });
  const sum = (of: readonly Record<string, string>[]): number =>
    of.reduce((all, { bytes }) => all + Number(bytes), 0);
  // 100000 + 99999 + ..., the half of the long one and of its answer, and the sampled one.
  const total = 1500 * 100_000 - (1499 * 1500) / 2 + 4_000_000 + 300 + 101;
  t.equal(sum(top), total, 'top and rest are all');
  t.match(
    await rig.sql(
      `SELECT sum(bytes) AS b, sum(flows) AS f FROM (${newest}) WHERE role = 'dst' AND hour = toDateTime(${at / 1e6})`,
    ),
    [{ b: String(total), f: '1501' }],
  );
  t.match(
    await rig.sql(
      `SELECT toString(address) AS a, bytes, flows FROM (${newest}) WHERE role = 'src' AND hour = toDateTime(${(at + hour) / 1e6}) ORDER BY rank`,
    ),
    [
      { a: '::ffff:10.8.8.8', bytes: '4000000', flows: '1' },
      { a: '::ffff:198.51.100.1', bytes: '300', flows: '0' },
    ],
  );
});
