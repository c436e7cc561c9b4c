import t from 'tap';
import { hasPeers } from '../../support/peers.ts';
import { flowRow, hour, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

t.test('what hosts inside did', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  const read = () =>
    rig.sql(`SELECT replaceOne(toString(address), '::ffff:', '') AS host, toString(day) AS day, (toUnixTimestamp(min(first_seen)) * 1000000 - ${at}) / 1000000 AS first,
(toUnixTimestamp(max(last_seen)) * 1000000 - ${at}) / 1000000 AS last, if(max(last_in) = 0, NULL, (toUnixTimestamp(max(last_in)) * 1000000 - ${at}) / 1000000) AS served,
sum(flows_out) AS fo, sum(flows_in) AS fi, sum(unanswered_in) AS no, sum(bytes_out) AS bo, sum(bytes_in) AS bi, sum(packets_out) AS po, sum(packets_in) AS pi,
uniqCombinedMerge(12)(peers) AS peers FROM host_activity GROUP BY host, day ORDER BY host, day`);
  const toServer = {
    src_addr: '::ffff:198.51.100.9',
    dst_addr: '::ffff:10.0.0.2',
    src_port: 40_001,
    dst_port: 5432,
  };
  await rig.put(
    // A client inside asks the world, in two records of routers.
    flowRow(at, at + 10e6, { bytes: 100, packets: 1 }),
    flowRow(at, at + 20e6, {
      src_addr: '::ffff:198.51.100.1',
      dst_addr: '::ffff:10.0.0.1',
      src_port: 443,
      dst_port: 40_000,
      bytes: 7000,
      packets: 7,
    }),
    // A server inside: answered as a biflow, tried in vain twice.
    flowRow(at + 30e6, at + 40e6, {
      ...toServer,
      bytes: 300,
      packets: 3,
      reverse_bytes: 400,
      reverse_packets: 4,
      tcp_flags: 27,
    }),
    flowRow(at + 50e6, at + 60e6, {
      ...toServer,
      src_addr: '::ffff:198.51.100.8',
      bytes: 40,
      packets: 1,
      tcp_flags: 2,
    }),
    flowRow(at + 50e6, at + 70e6, { ...toServer, bytes: 40, packets: 1, flow_id: 9 }),
    // A part of a flow, an event, and a flow of the next day.
    flowRow(at, at + 80e6, { record_kind: 'interim', bytes: 10, packets: 1 }),
    flowRow(at, at + 90e6, { record_kind: 'event', bytes: 0, packets: 0 }),
    flowRow(at + 13 * hour, at + 15 * hour, {
      src_addr: '::ffff:10.0.0.2',
      dst_addr: 'fd00::1',
      bytes: 5,
      packets: 1,
    }),
    flowRow(at, at + 10e6, { src_addr: '::ffff:203.0.113.5' }),
  );
  await rig.catchUp(at + 20 * hour);
  t.match(await read(), [
    {
      host: '10.0.0.1',
      day: '2026-11-20',
      first: 0,
      last: 80,
      served: null,
      fo: '1',
      fi: '1',
      no: '0',
      bo: '110',
      bi: '7000',
      po: '2',
      pi: '7',
      peers: '1',
    },
    {
      host: '10.0.0.2',
      day: '2026-11-20',
      first: 30,
      last: 70,
      served: 40,
      fo: '0',
      fi: '3',
      no: '2',
      bo: '400',
      bi: '380',
      po: '4',
      pi: '5',
      peers: '2',
    },
    { host: '10.0.0.2', day: '2026-11-21', first: 46_800, last: 54_000, fo: '1', fi: '0', bo: '5', bi: '0' },
    { host: 'fd00::1', day: '2026-11-21', fi: '1', bi: '5' },
  ]);
  await t.test('what counts as inside is chosen', async (t) => {
    await rig.client.command({ query: 'TRUNCATE TABLE host_activity' });
    await rig.catchUp(at + 20 * hour, { inside: ['203.0.113.0/24'] });
    t.match(await read(), [{ host: '203.0.113.5', fo: '1', bo: '1000', peers: '1' }]);
  });
});

t.test('a server behind a translated destination, and one on a port that nobody knows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const at = tenOClock;
  const asked = { src_addr: '::ffff:198.51.100.9', dst_addr: '::ffff:203.0.113.80', src_port: 40_001 };
  const answered = { bytes: 300, packets: 3, reverse_bytes: 400, reverse_packets: 4, tcp_flags: 27 };
  await rig.put(
    flowRow(at, at + 10e6, {
      ...{ ...asked, ...answered, dst_port: 443 },
      ...{ post_nat_dst_addr: '::ffff:10.0.0.12', post_nat_dst_port: 8443 },
    }),
    // Said, and not translated.
    flowRow(at, at + 20e6, {
      ...{ ...asked, ...answered, dst_addr: '::ffff:10.0.0.13', dst_port: 31_337 },
      post_nat_dst_addr: '::ffff:0.0.0.0',
    }),
    flowRow(at, at + 30e6, {
      ...{ ...asked, ...answered, dst_addr: '::ffff:10.0.0.14', dst_port: 31_337 },
      post_nat_dst_addr: '::ffff:10.0.0.14',
    }),
  );
  await rig.catchUp(at + hour);
  t.same(
    await rig.sql(`SELECT replaceOne(toString(address), '::ffff:', '') AS host, sum(flows_in) AS flows, sum(bytes_in) AS heard, sum(bytes_out) AS sent,
(toUnixTimestamp(max(last_in)) * 1000000 - ${at}) / 1000000 AS served FROM host_activity GROUP BY host ORDER BY host`),
    [
      { host: '10.0.0.12', flows: '1', heard: '300', sent: '400', served: 10 },
      { host: '10.0.0.13', flows: '1', heard: '300', sent: '400', served: 20 },
      { host: '10.0.0.14', flows: '1', heard: '300', sent: '400', served: 30 },
    ],
  );
});
