import t from 'tap';
import {
  maxUdpRecordHeaderBytes,
  type PcapDatagram,
  pcapHeaderBytes,
  writePcapHeader,
  writeUdpRecord,
} from '../../../shared/capture/pcap-writer.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const datagramOf = (address: string, payload: Uint8Array): PcapDatagram => {
  // The address and the payload lie somewhere in other octets.
  const bytes = new Uint8Array(7 + 16 + 3 + payload.length + 5).fill(0xee);
  bytes.set(hexBytes(address), 7);
  bytes.set(payload, 26);
  return {
    micros: 1_700_819_521_999_999,
    bytes,
    addressAt: 7,
    srcPort: 0xc350,
    dstPort: 2055,
    view: viewOf(bytes),
    payloadAt: 26,
    payloadBytes: payload.length,
  };
};

const recordOf = (datagram: PcapDatagram): string => {
  const bytes = new Uint8Array(5 + datagram.payloadBytes + maxUdpRecordHeaderBytes + 9).fill(0xdd);
  const end = writeUdpRecord(bytes, viewOf(bytes), 5, datagram);
  const around = [...bytes.subarray(0, 5), ...bytes.subarray(end)];
  if (around.some((octet) => octet !== 0xdd)) throw new Error('it wrote outside of its record');
  return Buffer.from(bytes.subarray(5, end)).toString('hex');
};

const hexOf = (text: string): string => Buffer.from(hexBytes(text)).toString('hex');
const ipv4 = '00000000000000000000ffff c0000201';
const ipv6 = '20010db8000000000000000000000001';

t.test('the header of the file: microseconds, packets that begin with their IP header', async (t) => {
  const bytes = new Uint8Array(30).fill(0xdd);
  t.equal(writePcapHeader(viewOf(bytes), 2), 2 + pcapHeaderBytes);
  t.same(bytes, hexBytes('dddd  d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000  dddddddd'));
});

t.test('over IPv4, with checksums that were worked out elsewhere', async (t) => {
  t.equal(
    recordOf(datagramOf(ipv4, hexBytes('0102 03'))),
    hexOf(`
      41726065 3f420f00 1f000000 1f000000
      4500001f 00004000 4011f9cb c0000201 7f000001
      c350 0807 000b ef7b 010203`),
  );
});

t.test('over IPv6', async (t) => {
  t.equal(
    recordOf(datagramOf(ipv6, hexBytes('01020304 0506'))),
    hexOf(`
      41726065 3f420f00 36000000 36000000
      60000000 000e1140 20010db8000000000000000000000001 00000000000000000000000000000001
      c350 0807 000e fdb3 01020304 0506`),
  );
});

/** RFC 1071 4.1, 16 bits at a time: 0 where the checksum within is right. */
const foldedSum = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const [i, octet] of bytes.entries()) sum += i % 2 === 0 ? octet << 8 : octet;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum ^ 0xffff;
};

t.test('checksums of payloads of all lengths and extremes', async (t) => {
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 1463, 1464]) {
    for (const octet of [0, 0xff, 0x5a]) {
      for (const address of [ipv4, ipv6]) {
        const record = hexBytes(recordOf(datagramOf(address, new Uint8Array(length).fill(octet))));
        const udpAt = 16 + (address === ipv4 ? 20 : 40);
        const addresses = record.subarray(address === ipv4 ? 28 : 24, udpAt);
        const udp = record.subarray(udpAt);
        const pseudo = new Uint8Array([...addresses, 0, 17, udp.length >> 8, udp.length & 0xff, ...udp]);
        if (foldedSum(pseudo) !== 0) t.fail(`UDP: ${length} octets of ${octet} from ${address}`);
        if (address === ipv4 && foldedSum(record.subarray(16, 36)) !== 0) t.fail('IPv4');
      }
    }
  }
});

t.test('a checksum of 0 is written as its other form: 0 says that there is none', async (t) => {
  // Of all two octets, one pair makes the sum 0xffff.
  const payloads = Array.from({ length: 65536 }, (_, word) => new Uint8Array([word >> 8, word & 0xff]));
  const bytes = new Uint8Array(200);
  const checksums = payloads.map((payload) => {
    writeUdpRecord(bytes, viewOf(bytes), 0, datagramOf(ipv4, payload));
    return viewOf(bytes).getUint16(42);
  });
  t.notOk(checksums.includes(0));
  t.ok(checksums.includes(0xffff));
});

t.test('what is longer than a datagram can be is left out', async (t) => {
  const longest = { [ipv4]: 65_507, [ipv6]: 65_527 };
  for (const [address, length] of Object.entries(longest)) {
    t.equal(recordOf(datagramOf(address, new Uint8Array(length + 1))), '');
    const record = hexBytes(recordOf(datagramOf(address, new Uint8Array(length))));
    t.equal(viewOf(record).getUint32(8, true), record.length - 16);
  }
});
