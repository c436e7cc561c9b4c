import t from 'tap';
import { CaptureDatagrams } from '../../../collector/decode-file/capture-datagrams.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import {
  ethernetBytes,
  hexBytes,
  inPieces,
  ipv4Bytes,
  joinBytes,
  pcapBytes,
  udpBytes,
} from '../../support/capture-builder.ts';

const read = async (capture: Uint8Array, port?: number, pieceBytes?: number) => {
  const datagrams = new CaptureDatagrams(inPieces(capture, pieceBytes), port);
  const seen: unknown[][] = [];
  for await (const d of datagrams) {
    const octets = Buffer.from(d.bytes.subarray(d.at, d.end)).toString('hex');
    t.equal(
      d.view.getUint16(d.at),
      Number.parseInt(octets.slice(0, 4), 16),
      'view and bytes are over the same octets',
    );
    seen.push([octets, formatAddress(d.address, d.addressAt), d.exporterPort, d.localPort, d.receivedMicros]);
  }
  return { seen, counters: datagrams.counters };
};

const frame = (payload: string, dstPort = 2055): Uint8Array =>
  ethernetBytes(ipv4Bytes(udpBytes(hexBytes(payload), 50000, dstPort)));

t.test('takes what says NetFlow v5, v9 or IPFIX, on any port', async (t) => {
  const capture = pcapBytes([
    frame('0005 01'),
    frame('0009 02', 9995),
    frame('000a 03', 40000),
    frame('0001 04'),
    frame('0000 0005'),
    frame('00'),
    ethernetBytes(hexBytes('0001 0800'), 0x0806),
    ethernetBytes(ipv4Bytes(udpBytes(hexBytes('0009 05')), 0, 6)),
  ]);
  for (const pieceBytes of [1, 50, 10000]) {
    const { seen, counters } = await read(capture, undefined, pieceBytes);
    t.same(seen, [
      ['000501', '192.0.2.1', 50000, 2055, 1704067200000007],
      ['000902', '192.0.2.1', 50000, 9995, 1704067201000007],
      ['000a03', '192.0.2.1', 50000, 40000, 1704067202000007],
    ]);
    t.same(counters, { packets: 8, unknownLinkType: 0, cutDatagrams: 0, incompletePackets: 0 });
  }
  t.same((await read(capture, 9995)).seen.length, 1, 'one port only');
});

t.test('IPv6, after IPv4 in the same buffer', async (t) => {
  const udp = udpBytes(hexBytes('000a 0011'));
  const header = hexBytes(
    '60000000 000c 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002',
  );
  const { seen } = await read(
    pcapBytes([frame('0005'), ethernetBytes(joinBytes(header, udp), 0x86dd), frame('0005')]),
  );
  t.same(
    seen.map((d) => d[1]),
    ['192.0.2.1', '2001:db8::1', '192.0.2.1'],
  );
});

t.test('fragments are put together', async (t) => {
  const udp = udpBytes(joinBytes(hexBytes('0009'), new Uint8Array(30).fill(0xab)));
  const parts = [
    ipv4Bytes(udp.slice(0, 16), 0x2000),
    ipv4Bytes(udp.slice(16, 32), 0x2002),
    ipv4Bytes(udp.slice(32), 4),
  ];
  const [first, second, third] = parts.map((part) => ethernetBytes(part));
  if (!first || !second || !third) throw new Error('three parts');
  const { seen, counters } = await read(pcapBytes([third, first, second, first]));
  t.same(seen, [[`0009${'ab'.repeat(30)}`, '192.0.2.1', 50000, 2055, 1704067202000007]]);
  t.equal(counters.incompletePackets, 1, 'the one that came again is never whole');
});

t.test('a datagram of which the capture has a part', async (t) => {
  const { seen, counters } = await read(pcapBytes([frame('0009 00010203').slice(0, -2)]));
  t.same(seen.length, 1);
  t.equal(seen[0]?.[0], '00090001');
  t.equal(counters.cutDatagrams, 1);
});

t.test('link types that cannot be read', async (t) => {
  await t.rejects(
    read(pcapBytes([frame('0005'), frame('0009')], 127)),
    /packets of link type 127 cannot be read/,
  );
  t.same((await read(pcapBytes([], 127))).seen, []);
});

t.test('what comes before the damage is handed on', async (t) => {
  const cut = pcapBytes([frame('0005'), frame('0009')]).slice(0, -1);
  const seen: number[] = [];
  await t.rejects(async () => {
    for await (const d of new CaptureDatagrams(inPieces(cut))) seen.push(d.view.getUint16(d.at));
  }, /cut off/);
  t.same(seen, [5]);
});
