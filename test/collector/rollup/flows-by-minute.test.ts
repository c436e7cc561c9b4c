import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, minute, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('flows by the minute', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  const short = (second: number, more = {}) => flowRow(at + second * 1e6, at + (second + 1) * 1e6, more);
  await rig.put(
    short(1, {
      bytes: 5,
      packets: 1,
      in_if: 1,
      out_if: 2,
      src_as: 64500,
      dst_as: 64501,
      direction: 'ingress',
    }),
    short(9, {
      bytes: 6,
      packets: 2,
      in_if: 1,
      out_if: 2,
      src_as: 64500,
      dst_as: 64501,
      direction: 'ingress',
      src_port: 41_000,
    }),
    short(20, {
      bytes: 7,
      packets: 3,
      reverse_bytes: 70,
      reverse_packets: 30,
      in_if: 3,
      out_if: 4,
      proto: 17,
      dst_port: 53,
    }),
    short(30, { bytes: 8, packets: 4, sampling_rate: 100, dst_port: 45_000, record_kind: 'interim' }),
    flowRow(at + 50e6, at + minute + 10e6, { bytes: 20, packets: 20, proto: 1, src_port: 0, dst_port: 2048 }),
  );
  await rig.catchUp(at + 2 * minute);
  t.same(
    await rig.sql(`SELECT (toUnixTimestamp(minute) - ${at / 1e6}) / 60 AS m, in_if, out_if, direction AS way, proto, service, src_as, dst_as, sampling_rate AS rate,
collector, toUnixTimestamp(received_hour) = ${at / 1e6} AS hour, bytes, packets, flows FROM flows_1m WHERE about = 'interfaces' ORDER BY m, proto, service, in_if, rate`),
    [
      [0, 0, 0, 'unknown', 1, 0, 0, 0, 1, '10', '10', '0'],
      [0, 0, 0, 'unknown', 6, 0, 0, 0, 100, '8', '4', '0'],
      [0, 1, 2, 'ingress', 6, 443, 0, 0, 1, '11', '3', '2'],
      [0, 3, 4, 'unknown', 17, 53, 0, 0, 1, '7', '3', '1'],
      [0, 4, 3, 'unknown', 17, 53, 0, 0, 1, '70', '30', '0'],
      [1, 0, 0, 'unknown', 1, 0, 0, 0, 1, '10', '10', '1'],
    ].map(([m, in_if, out_if, way, proto, service, src_as, dst_as, rate, bytes, packets, flows]) => ({
      ...{ m, in_if, out_if, way, proto, service, src_as, dst_as, rate },
      ...{ collector: 'c-1', hour: 1, bytes, packets, flows },
    })),
  );
  t.same(
    await rig.sql(`SELECT (toUnixTimestamp(minute) - ${at / 1e6}) / 60 AS m, direction AS way, src_as, dst_as, sampling_rate AS rate, sum(bytes) AS bytes, sum(packets) AS packets, sum(flows) AS flows
FROM flows_1m WHERE about = 'as' GROUP BY ALL ORDER BY m, src_as, rate`),
    [
      // Both ways of the biflow, and the half of the one that crosses the minute.
      [0, 'unknown', 0, 0, 1, '87', '43', '1'],
      [0, 'unknown', 0, 0, 100, '8', '4', '0'],
      [0, 'ingress', 64_500, 64_501, 1, '11', '3', '2'],
      [1, 'unknown', 0, 0, 1, '10', '10', '1'],
    ].map(([m, way, src_as, dst_as, rate, bytes, packets, flows]) => ({
      ...{ m, way, src_as, dst_as, rate, bytes, packets, flows },
    })),
  );
  t.same(
    await rig.sql(
      "SELECT countIf(about = 'as' AND (in_if, out_if, proto, service) != (0, 0, 0, 0)) AS n FROM flows_1m",
    ),
    [{ n: '0' }],
    'what a row is not about is 0',
  );
});
