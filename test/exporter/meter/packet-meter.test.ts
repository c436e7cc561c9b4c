import t from 'tap';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { PacketMeter, type PacketMeterOptions } from '../../../exporter/meter/packet-meter.ts';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import {
  ethernetBytes,
  hexBytes,
  ipv4Bytes,
  joinBytes,
  pcapBytes,
  udpBytes,
} from '../../support/capture-builder.ts';
import { sampleTraffic, trafficCapture } from '../../support/traffic-capture.ts';

const options: PacketMeterOptions = {
  activeMicros: 0,
  idleMicros: 3600e6,
  maxFlows: 1000,
  keyVlan: false,
  keyInterface: false,
  details: false,
  samplingInterval: 1,
};
const rig = (given: Partial<PacketMeterOptions> = {}) => {
  const records: FlowRecord[] = [];
  const meter = new PacketMeter({ ...options, ...given }, (record) => {
    records.push({ ...record, srcAddress: record.srcAddress.slice(), dstAddress: record.dstAddress.slice() });
  });
  return { meter, records };
};
/** Records of a whole capture. */
const metered = (capture: Uint8Array, given: Partial<PacketMeterOptions> = {}) => {
  const { meter, records } = rig(given);
  meter.push(capture);
  meter.end();
  while (meter.finish(1));
  return { records, counters: meter.counters, meter };
};
const udp = ipv4Bytes(udpBytes(hexBytes('01020304')));

t.test('the flows of a capture, whatever the pieces', async (t) => {
  const traffic = sampleTraffic(1_700_000_000_000);
  const wanted = traffic
    .map(
      (f) => `${f.src} ${f.dst} ${f.proto === 'icmp' || f.proto === 'icmp6' ? '' : f.srcPort} ${f.packets}`,
    )
    .sort();
  const capture = trafficCapture(traffic);
  for (const pieceBytes of [capture.length, 100_000, 61]) {
    const { meter, records } = rig({ biflow: false });
    for (let at = 0; at < capture.length; at += pieceBytes) meter.push(capture.slice(at, at + pieceBytes));
    meter.end();
    while (meter.finish(7));
    const found = records.map(
      (r) =>
        `${formatAddress(r.srcAddress, 0)} ${formatAddress(r.dstAddress, 0)} ${r.srcPort || ''} ${r.packets}`,
    );
    t.same(found.sort(), wanted, `pieces of ${pieceBytes}`);
  }
});

t.test('VLANs, MPLS and PPPoE; link types', async (t) => {
  const macs = hexBytes('020000000001 020000000002');
  const cases: readonly (readonly [string, number, Uint8Array, number, number])[] = [
    ['Ethernet', 1, ethernetBytes(udp), 0, 0],
    ['VLAN', 1, joinBytes(macs, hexBytes('8100 2064 0800'), udp), 100, 0],
    ['QinQ', 1, joinBytes(macs, hexBytes('88a8 0064 8100 00c8 0800'), udp), 100, 200],
    ['MPLS in a VLAN', 1, joinBytes(macs, hexBytes('8100 0007 8847 00010040 000201ff'), udp), 7, 0],
    ['PPPoE in a VLAN', 1, joinBytes(macs, hexBytes('8100 0008 8864 1100 0001 0022 0021'), udp), 8, 0],
    ['NULL', 0, joinBytes(hexBytes('02000000'), udp), 0, 0],
    ['PPP', 9, joinBytes(hexBytes('ff03 0021'), udp), 0, 0],
    ['RAW', 101, udp, 0, 0],
    ['LOOP', 108, joinBytes(hexBytes('00000002'), udp), 0, 0],
    ['SLL', 113, joinBytes(hexBytes('0000 0001 0006 020000000001 0000 0800'), udp), 0, 0],
    [
      'SLL with a VLAN',
      113,
      joinBytes(hexBytes('0000 0001 0006 020000000001 0000 8100 0009 0800'), udp),
      9,
      0,
    ],
  ];
  for (const [name, linkType, frame, vlan, innerVlan] of cases) {
    const { records } = metered(pcapBytes([frame], linkType));
    t.match(
      records,
      [{ srcPort: 50000, dstPort: 2055, octets: 32, packets: 1, vlan, innerVlan, inInterface: 0 }],
      name,
    );
  }
  const sll2 = joinBytes(hexBytes('0800 0000 00000007 0001 00 06 0200000000010000'), udp);
  t.match(metered(pcapBytes([sll2], 276)).records, [{ inInterface: 7, octets: 32 }]);
  t.match(metered(pcapBytes([ethernetBytes(udp)]), { interfaceIndex: 4 }).records, [{ inInterface: 4 }]);
});

t.test('times are those of the capture', async (t) => {
  const { records, meter } = metered(pcapBytes([ethernetBytes(udp), ethernetBytes(udp)]));
  t.match(records, [
    { startMicros: 1704067200_000007, endMicros: 1704067201_000007, packets: 2, endReason: 4 },
  ]);
  t.equal(meter.captureMicros, 1704067201_000007);
});

t.test('what is ignored is counted', async (t) => {
  const arp = ethernetBytes(hexBytes('0001 0800 06 04 0001'), 0x0806);
  const bad = ethernetBytes(hexBytes('4f00 0014 0000 0000 4011'));
  const { counters } = metered(pcapBytes([ethernetBytes(udp), arp, bad, hexBytes('02')]));
  t.match(counters, {
    packets: 4,
    ignoredPackets: 3,
    ignoredOctets: arp.length + bad.length + 1,
    notIp: 2,
    badHeader: 1,
    flows: 1,
    records: 1,
  });
});

t.test('a packet cut by the snapshot length counts as long as it was', async (t) => {
  const whole = ethernetBytes(ipv4Bytes(udpBytes(new Uint8Array(1000))));
  const capture = pcapBytes([whole.slice(0, 60)]);
  new DataView(capture.buffer).setUint32(24 + 12, whole.length, true);
  const { records, counters } = metered(capture);
  t.match(records, [{ octets: 1028, dstPort: 2055 }]);
  t.match(counters, { cutPackets: 1, octets: whole.length });
});

t.test('sampling takes the first packet, and one in so many', async (t) => {
  const { records, counters } = metered(pcapBytes(Array.from({ length: 10 }, () => ethernetBytes(udp))), {
    samplingInterval: 4,
  });
  t.match(records, [{ packets: 3, startMicros: 1704067200_000007, endMicros: 1704067208_000007 }]);
  t.match(counters, { packets: 10, sampledOut: 7 });
});

t.test('damage: what was read before is metered', async (t) => {
  const capture = pcapBytes([ethernetBytes(udp), ethernetBytes(udp)]);
  const { meter, records } = rig();
  meter.push(capture.slice(0, -5));
  t.throws(
    () => meter.end(),
    new CaptureError('the capture was cut off: it ends inside a packet', 24 + 16 + 46),
  );
  meter.finish(10);
  t.match(records, [{ packets: 1 }]);
  t.throws(() => rig().meter.push(hexBytes('00112233 44556677')), CaptureError);
});

t.test('a link type that is not known', async (t) => {
  t.throws(() => rig().meter.push(pcapBytes([ethernetBytes(udp)], 147)), {
    message: /link type 147, which is not known here \(at octet \d+\)/,
  });
});

t.test(
  'a pcapng numbers its interfaces from 1; one of a link type that is not known costs its packets',
  async (t) => {
    const section = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
    const unknown = '01000000 14000000 9300 0000 00000000 14000000';
    const raw = '01000000 20000000 6500 0000 00000000 0200 0400 74756e30 00000000 20000000';
    const packet = (id: string, octets: Uint8Array) =>
      joinBytes(
        hexBytes(`06000000 40000000 ${id}000000 00000000 40420f00 20000000 20000000`),
        octets,
        hexBytes('40000000'),
      );
    const { meter, records } = rig();
    meter.push(
      joinBytes(hexBytes(section + raw + unknown), packet('00', udp), packet('01', udp), packet('00', udp)),
    );
    t.throws(() => meter.end(), { message: /link type 147/ });
    meter.finish(10);
    t.match(records, [{ packets: 2, inInterface: 1, startMicros: 1e6 }]);
    t.match(meter.counters, { unknownLinkType: 1, ignoredPackets: 1 });
    t.same(meter.interfaceNames, ['tun0', '']);
  },
);
