import t from 'tap';
import { fillPacketFields } from '../../../exporter/meter/fill-packet-fields.ts';
import { makePacketFields } from '../../../exporter/meter/packet-fields.ts';
import { makeCapturedPacket } from '../../../shared/capture/captured-packet.ts';
import { PacketDissector } from '../../../shared/capture/packet-dissector.ts';
import { absent } from '../../../shared/capture/packet-facts.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

/** LINKTYPE_RAW: no link layer. */
const raw = 101;

const v4Ends = 'c0000201 c0000264';
const v6Ends = '20010db8000000000000000000000001 20010db8000000000000000000000002';

const dissector = new PacketDissector();
/** The fields that a packet has, behind two octets of something else; `wire`: octets that it had before it was cut. */
const dissected = (hex: string, wire?: number, by = dissector) => {
  const packet = hexBytes(hex);
  const bytes = new Uint8Array([0xff, 0xff, ...packet]);
  const facts = by.dissect({
    ...makeCapturedPacket(),
    ...{ linkType: raw, bytes, view: viewOf(bytes), at: 2, end: bytes.length },
    originalBytes: wire ?? packet.length,
  });
  if (facts.family === absent) return undefined;
  const fields = makePacketFields();
  fillPacketFields(fields, facts);
  return { ...fields, src: fields.ports >>> 16, dst: fields.ports & 0xffff };
};

t.test('IPv4', async (t) => {
  const tcp = '0050 c001 00000001 00000002 5012 ffff 0000 0000';
  t.match(dissected(`45b8 0028 1234 4000 3f06 0000 ${v4Ends} ${tcp}`), {
    family: 4,
    protocol: 6,
    src0: 0,
    src1: 0,
    src2: 0xffff,
    src3: 0xc0000201 | 0,
    dst3: 0xc0000264 | 0,
    src: 80,
    dst: 0xc001,
    tcpFlags: 0x12,
    tos: 0xb8,
    ttl: 63,
    octets: 40,
  });
  t.match(
    dissected(`4600 0020 1234 0000 4011 0000 ${v4Ends} 94040000 0035 0400 0008 0000`),
    { protocol: 17, src: 53, dst: 1024, octets: 32 },
    'options',
  );
  t.match(dissected(`4500 001c 0000 0000 4001 0000 ${v4Ends} 0800 0000 abcd 0001`), {
    icmpType: 8,
    icmpCode: 0,
    icmpId: 0xabcd,
    ports: 0,
  });
  t.match(
    dissected(`4500 001c 0000 0000 4001 0000 ${v4Ends} 0303 0000 abcd 0001`),
    { icmpType: 3, icmpCode: 3, icmpId: 0 },
    'not a query',
  );
  t.match(dissected(`4500 0028 0000 0000 4084 0000 ${v4Ends} 0001 0002`, 40), { src: 1, dst: 2 }, 'SCTP');
  t.match(
    dissected(`4500 0028 0000 0000 402f 0000 ${v4Ends} 0001 0002`, 40),
    { protocol: 47, ports: 0 },
    'GRE',
  );
});

t.test('lengths', async (t) => {
  const udp = '0035 0400 0008 0000';
  t.equal(
    dissected(`4500 05dc 0000 0000 4011 0000 ${v4Ends} ${udp}`, 1500)?.octets,
    1500,
    'cut by the snaplen',
  );
  t.equal(
    dissected(`4500 001c 0000 0000 4011 0000 ${v4Ends} ${udp} 000000000000`)?.octets,
    28,
    'padded frame',
  );
  t.equal(dissected(`4500 0000 0000 0000 4011 0000 ${v4Ends} ${udp}`, 9000)?.octets, 9000, 'TSO');
  t.match(
    dissected(`4500 0000 0000 0000 4011 0000 ${v4Ends} ${udp}`),
    { src: 53, dst: 1024 },
    'TSO has ports',
  );
  t.equal(
    dissected(`60000000 0000 06 40 ${v6Ends} 0050c001 ${'00'.repeat(16)}`, 66000)?.octets,
    66000,
    'TSO, IPv6',
  );
  t.match(
    dissected(`4500 0028 0000 0000 4006 0000 ${v4Ends} 0050 c001`, 40),
    { src: 80, tcpFlags: 0 },
    'cut TCP',
  );
  t.match(
    dissected(`4500 0028 0000 0000 4006 0000 ${v4Ends} 0050`, 40),
    { ports: 0, octets: 40 },
    'cut ports',
  );
});

t.test('IPv6', async (t) => {
  t.match(dissected(`6ab00000 0008 11 40 ${v6Ends} 0035 0400 0008 0000`), {
    family: 6,
    protocol: 17,
    src0: 0x20010db8,
    src1: 0,
    src3: 1,
    dst3: 2,
    tos: 0xab,
    ttl: 64,
    octets: 48,
    src: 53,
    dst: 1024,
  });
  const hopByHop = '2b00 050200000104';
  const routing = '3c00 000000000000';
  const destination = '0600 010400000000';
  const tcp = '0050 c001 00000001 00000002 5002 ffff 0000 0000';
  t.match(
    dissected(`60000000 002c 00 40 ${v6Ends} ${hopByHop} ${routing} ${destination} ${tcp}`),
    { protocol: 6, src: 80, dst: 0xc001, tcpFlags: 2, octets: 84 },
    'extension headers',
  );
  t.match(dissected(`60000000 0008 3a ff ${v6Ends} 8100 0000 0007 0001`), {
    protocol: 58,
    icmpType: 129,
    icmpId: 7,
  });
});

t.test('no packet', async (t) => {
  for (const hex of [
    '',
    '45',
    `4500 0028 0000 0000 4006 0000 c0000201`,
    `4400 0014 0000 0000 4006 0000 ${v4Ends}`,
  ])
    t.equal(dissected(hex), undefined, hex);
  t.equal(dissected(`4500 0013 0000 0000 4006 0000 ${v4Ends}`), undefined, 'shorter than its header');
  t.equal(dissected(`5500 0014 0000 0000 4006 0000 ${v4Ends}`), undefined, 'version 5');
  t.equal(dissected('60000000 0000 06 40 2001'), undefined);
});

t.test('fragments have the ports of the first one', async (t) => {
  const own = new PacketDissector();
  const fragment = (id: string, bits: string, payload: string) =>
    dissected(`4500 001c ${id} ${bits} 4011 0000 ${v4Ends} ${payload}`, undefined, own);
  t.match(fragment('0001', '2000', '0035 0400 0800 0000'), { src: 53, dst: 1024 });
  t.match(fragment('0001', '2001', 'ffffffff ffffffff'), { src: 53, dst: 1024 });
  t.match(fragment('0001', '0002', 'ffffffff ffffffff'), { src: 53, dst: 1024, octets: 28 });
  t.equal(own.fragmentsWithoutPorts, 0);
  t.match(fragment('0002', '0002', 'ffffffff ffffffff'), { ports: 0 }, 'of another packet');
  t.equal(own.fragmentsWithoutPorts, 1);
  const v6 = (field: string, payload: string) =>
    dissected(`60000000 0010 2c 40 ${v6Ends} 1100 ${field} f0000001 ${payload}`, undefined, own);
  t.match(v6('0001', '0035 0400 0800 0000'), { protocol: 17, src: 53, dst: 1024, octets: 56 });
  t.match(v6('0008', 'ffffffff ffffffff'), { protocol: 17, src: 53, dst: 1024 });
  t.equal(own.fragmentsWithoutPorts, 1);
});
