/**
 * The same records as IPFIX and as NetFlow v9, read by tshark, by nfcapd with nfdump, by node-netflowv9 and by our own decoder: nobody
 * complains, and whatever a reader has a field for is what the record said. Where a reader errs, the reason stands beside what is
 * expected of it.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ExportSettings } from '../../exporter/export/export-settings.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { pcapOfDatagrams } from '../support/capture-builder.ts';
import { DecoderRig } from '../support/decoder-rig.ts';
import { allRecords, ordinaryRecords } from '../support/flow-records.ts';
import { hasPeers } from '../support/peers.ts';
import { startNfcapd } from '../support/running-nfcapd.ts';
import { saidByNfdump } from '../support/said-by-nfdump.ts';
import { saidByNodeNetflowV9 } from '../support/said-by-node-netflowv9.ts';
import { saidByRow } from '../support/said-by-row.ts';
import { runTshark, saidByTshark } from '../support/said-by-tshark.ts';
import { type SaidFlow, saidLine, truthOf } from '../support/said-flow.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { makeExportSettings, rigMs, SessionRig } from '../support/session-rig.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Protocol = ExportSettings['protocol'];

/** Each record in a Message of its own, and then all together. */
const messagesOf = (records: readonly FlowRecord[], more: Partial<ExportSettings>): Uint8Array[] => {
  const interfaces = [{ index: 3, name: 'eth0', description: 'uplink' }];
  const { session, sent } = new SessionRig({ interfaces, ...more });
  let nowMs = rigMs;
  session.start(nowMs);
  for (const record of records) {
    session.export(record, nowMs);
    nowMs += 500;
    session.tick(nowMs);
  }
  for (const record of records) session.export(record, nowMs);
  session.stop(nowMs + 500);
  return sent;
};

type Readable = (truth: SaidFlow) => SaidFlow;

const without = (said: SaidFlow, ...names: readonly string[]): SaidFlow =>
  Object.fromEntries(Object.entries(said).filter(([name]) => !names.includes(name)));

/** NetFlow v9 has no enterprises. */
const saidIn: Readonly<Record<Protocol, Readable>> = {
  ipfix: (truth) => truth,
  netflow9: (truth) => without(truth, 'reverseTotalOctets', 'reverseTotalPackets', 'reverseFlags', 'mark'),
};

const isIpv6 = ({ src }: SaidFlow): boolean => String(src).includes(':');

/** tshark 4.0 has no fields for sourceIPv6Prefix and destinationIPv6Prefix (170, 169). */
const byTshark: Readable = (truth) =>
  isIpv6(truth) && 'srcMask' in truth ? without(truth, 'src', 'dst') : truth;

const unknownToNfdump =
  `endReason flowId mark reverseFlags totalOctets totalPackets reverseTotalOctets reverseTotalPackets
  innerVlan minLength maxLength minTtl maxTtl present initiated completed sources destinations`.split(/\s+/);

/**
 * nfdump 1.7.1 drops prefixes of aggregates (44, 45, 170, 169). It counts Data Records of options in no sequence number, so it finds an
 * error in each Message after them (RFC 7011 3.1 counts them, and so does tshark), and it knows no variable lengths in options.
 */
const byNfdump: Readable = (truth) =>
  without(truth, ...unknownToNfdump, ...('srcMask' in truth ? ['src', 'dst'] : []));

/** In IPFIX nfdump has no VLANs, no firewallEvent, no translated IPv6 addresses (281, 282). */
const byNfdumpInIpfix: Readable = (truth) =>
  without(byNfdump(truth), 'vlan', 'firewallEvent', ...(isIpv6(truth) ? ['postSrc', 'postDst'] : []));

/** In NetFlow v9 nfdump has a natEvent of 0, and no icmpTypeCodeIPv6; a flow without a start began at the boot. */
const byNfdumpInNetflow9: Readable = (truth) => {
  const said = without(byNfdump(truth), 'natEvent', ...(isIpv6(truth) ? ['icmp'] : []));
  return 'endMs' in said && !('startMs' in said) ? { ...said, startMs: makeExportSettings().bootMs } : said;
};

const nfdumpReads: Readonly<Record<Protocol, Readable>> = {
  ipfix: byNfdumpInIpfix,
  netflow9: byNfdumpInNetflow9,
};

/** node-netflowv9 makes a number of flowId, which has more bits than that. */
const byNodeNetflowV9: Readable = (truth) => without(saidIn.netflow9(truth), 'flowId');

/** Each record as often as `messagesOf` sends it. */
const truthLines = (records: readonly FlowRecord[], readable: Readable): string[] =>
  [...records, ...records].map((record) => saidLine(readable(truthOf(record))));

const checkOurs = (t: Test, protocol: Protocol, absoluteTimes: boolean): void => {
  const rig = new DecoderRig({ groups: ['nat', 'packet', 'l2', 'aggregate'] });
  for (const message of messagesOf(allRecords(), { protocol, absoluteTimes }))
    rig.send(message, { micros: rigMs * 1000 });
  t.same(rig.reasons(), {});
  t.same(
    rig.rows().map((row) => saidLine(saidByRow(row))),
    truthLines(allRecords(), saidIn[protocol]),
  );
  const missing = [...rig.decoder.domains].map((domain) => domain.sequenceSums().missing);
  t.same(missing, [0]);
};

const checkDefaultColumns = (t: Test, protocol: Protocol): void => {
  const rig = new DecoderRig({ groups: ['nat'] });
  for (const message of messagesOf(ordinaryRecords(), { protocol, samplingInterval: 10 }))
    rig.send(message, { micros: rigMs * 1000 });
  const rows = rig.rows();
  t.equal(rows.length, 2 * ordinaryRecords().length);
  t.same([...new Set(rows.map((row) => JSON.stringify(row.extra)))], ['{}']);
  t.same([...new Set(rows.map((row) => row.sampling_rate))], [10]);
};

const checkTshark = (t: Test, protocol: Protocol): void => {
  const records = allRecords();
  const file = join(temporaryDirectory(t), 'sent.pcap');
  writeFileSync(file, pcapOfDatagrams(...messagesOf(records, { protocol })));
  // Its analysis of sequence numbers is among them, as are malformed packets.
  const complaints = runTshark(file, ['_ws.expert.message']).flat();
  t.same([...new Set(complaints)], ['']);
  const { bootMs } = makeExportSettings();
  // Without records there are the Messages of the start, and one of the end.
  const startMessages = messagesOf([], { protocol }).length - 1;
  const said = saidByTshark(file, bootMs).slice(startMessages, startMessages + records.length);
  t.same(
    said.map(saidLine),
    truthLines(records, (truth) => byTshark(saidIn[protocol](truth))).slice(0, records.length),
  );
};

const checkNfdump = async (t: Test, protocol: Protocol): Promise<void> => {
  const records = allRecords();
  const nfcapd = await startNfcapd(t);
  await sendDatagrams({ port: nfcapd.port }, messagesOf(records, { protocol }));
  const said = (await nfcapd.stop()).map(saidByNfdump);
  t.same(said.map(saidLine), truthLines(records, nfdumpReads[protocol]));
};

for (const protocol of ['ipfix', 'netflow9'] as const) {
  t.test(`our decoder reads ${protocol}`, async (t) => {
    checkOurs(t, protocol, false);
    checkOurs(t, protocol, true);
  });
  t.test(`the default columns take all of ${protocol}`, async (t) => checkDefaultColumns(t, protocol));
  t.test(`tshark reads ${protocol}`, async (t) => {
    if (hasPeers(t, 'tshark')) checkTshark(t, protocol);
  });
  t.test(`nfdump reads ${protocol}`, async (t) => {
    if (hasPeers(t, 'nfcapd', 'nfdump')) await checkNfdump(t, protocol);
  });
}

t.test('node-netflowv9 reads netflow9', async (t) => {
  const records = allRecords();
  const said = saidByNodeNetflowV9(messagesOf(records, { protocol: 'netflow9' }));
  t.same(
    said.map((flow) => saidLine(without(flow, 'flowId'))),
    truthLines(records, byNodeNetflowV9),
  );
});
