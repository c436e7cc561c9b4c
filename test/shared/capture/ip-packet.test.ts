import t from 'tap';
import { isFragment, makeIpPacket, readIpPacket } from '../../../shared/capture/ip-packet.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const read = (hex: string, length = Number.POSITIVE_INFINITY) => {
  const bytes = hexBytes(`ffff${hex}`);
  const packet = makeIpPacket();
  const end = Math.min(bytes.length, 2 + length);
  if (!readIpPacket(packet, viewOf(bytes), 2, end)) return undefined;
  const { payloadAt, payloadEnd, protocol, totalBytes, fragmentAt, moreFragments, identification } = packet;
  const address = Buffer.from(bytes.subarray(packet.srcAt, packet.srcAt + packet.addressBytes)).toString(
    'hex',
  );
  return {
    version: packet.version,
    address,
    protocol,
    totalBytes,
    payload: Buffer.from(bytes.subarray(payloadAt, payloadEnd)).toString('hex'),
    fragment: isFragment(packet) ? [identification, fragmentAt, moreFragments] : undefined,
  };
};

const plain = { version: 4, address: 'c0000201', protocol: 17, fragment: undefined };

t.test('IPv4', async (t) => {
  const header = '4500 0018 1234 0000 40 11 0000 c0000201 c0000264';
  t.same(read(`${header} 01020304`), { ...plain, totalBytes: 24, payload: '01020304' });
  t.same(
    read(`${header} 01020304 0000`),
    { ...plain, totalBytes: 24, payload: '01020304' },
    'padding of Ethernet',
  );
  t.same(read(`${header} 0102`), { ...plain, totalBytes: 24, payload: '0102' }, 'cut by the snapshot length');
  const options = '4600 001c 1234 4000 40 11 0000 c0000201 c0000264 94040000 01020304';
  t.same(read(options), { ...plain, totalBytes: 28, payload: '01020304' }, 'options, and "do not fragment"');
  const offloaded = '4500 0000 1234 0000 40 11 0000 c0000201 c0000264 010203';
  t.same(read(offloaded), { ...plain, totalBytes: 23, payload: '010203' }, 'no length yet');
});

t.test('fragments of IPv4', async (t) => {
  const first = '4500 0018 1234 2000 40 11 0000 c0000201 c0000264 01020304';
  t.same(read(first)?.fragment, [0x1234, 0, true]);
  const last = '4500 0018 1234 00b9 40 11 0000 c0000201 c0000264 01020304';
  t.same(read(last)?.fragment, [0x1234, 1480, false]);
});

const addresses = '20010db8000000000000000000000001 20010db8000000000000000000000002';
const plain6 = { version: 6, address: '20010db8000000000000000000000001', protocol: 17, fragment: undefined };

t.test('IPv6', async (t) => {
  t.same(read(`60000000 0004 11 40 ${addresses} 01020304 00`), {
    ...plain6,
    totalBytes: 44,
    payload: '01020304',
  });
  const hopByHop = '3c 00 0502 0000 0100';
  const destination = '2b 01 0104 00000000 0106 000000000000';
  const routing = '11 00 0400 00000000';
  const extended = `60000000 0024 00 40 ${addresses} ${hopByHop} ${destination} ${routing} 01020304`;
  t.same(read(extended), { ...plain6, totalBytes: 76, payload: '01020304' }, 'extension headers');
  const authentication = '11 02 0000 00000001 00000001 aabbccdd';
  t.same(read(`60000000 0014 33 40 ${addresses} ${authentication} 01020304`)?.payload, '01020304');
  t.same(read(`60000000 0000 11 40 ${addresses} 010203`)?.payload, '010203', 'no length yet');
});

t.test('fragments of IPv6', async (t) => {
  const first = `60000000 000c 2c 40 ${addresses} 11 00 0001 0000beef 01020304`;
  t.match(read(first), { protocol: 17, payload: '01020304', fragment: [0xbeef, 0, true] });
  const last = `60000000 000c 2c 40 ${addresses} 00 00 05a8 0000beef 01020304`;
  t.match(
    read(last),
    { protocol: 0, payload: '01020304', fragment: [0xbeef, 1448, false] },
    'its octets are no header',
  );
  const whole = `60000000 000c 2c 40 ${addresses} 11 00 0000 0000beef 01020304`;
  t.match(read(whole), { payload: '01020304', fragment: undefined }, 'an atomic fragment (RFC 6946)');
});

t.test('what is no IP packet, or none whose header is whole', async (t) => {
  t.equal(read('5500 0018'), undefined);
  t.equal(read('4400 0018 1234 0000 40 11 0000 c0000201 c0000264'), undefined, 'a header of 16 octets');
  t.equal(read('4500 0010 1234 0000 40 11 0000 c0000201 c0000264'), undefined, 'shorter than its header');
  for (let length = 0; length < 20; length++)
    t.equal(read('4500 0018 1234 0000 40 11 0000 c0000201 c0000264', length), undefined);
  for (let length = 0; length < 40; length++)
    t.equal(read(`60000000 0004 11 40 ${addresses}`, length), undefined);
  const packet = makeIpPacket();
  t.equal(readIpPacket(packet, new DataView(new ArrayBuffer(8)), -1, 8), false, 'not found in its frame');
});

t.test('extension headers that are cut or never end', async (t) => {
  t.equal(read(`60000000 0004 00 40 ${addresses} 00000000`)?.payload, '');
  t.equal(read(`60000000 0008 00 40 ${addresses} 11ff000000000000`)?.payload, '', 'longer than the packet');
  const chain = `60000000 0800 00 40 ${addresses} ${'0000000000000000'.repeat(256)}`;
  t.equal(read(chain)?.payload, '');
});
