import t from 'tap';
import { makeConnection, type Tuple } from '../../../exporter/observe/connection.ts';
import { isLittleEndian } from '../../../exporter/observe/netlink-message.ts';
import { readTuple, type TupleFacts } from '../../../exporter/observe/read-tuple.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const v4 = '1400 0180  0800 0100 0a090001  0800 0200 7f000001';
const v6 = `2c00 0180  1400 0300 fd00${'00'.repeat(13)}01  1400 0400 fd00${'00'.repeat(13)}02`;
const protocol = (number: string, ...more: string[]): string => {
  const value = `0500 0100 ${number} 000000 ${more.join('')}`;
  const length = 4 + hexBytes(value).length;
  return `${length.toString(16).padStart(2, '0')}00 0280 ${value}`;
};
const udp = protocol('11', '0600 0200 a19e 0000', '0600 0300 14b5 0000');

const read = (hex: string, tuple: Tuple = makeConnection().original): [boolean, Tuple, TupleFacts] => {
  const bytes = hexBytes(hex);
  const facts = { protocol: 0, zone: 99 };
  return [readTuple(tuple, facts, viewOf(bytes), bytes, 0, bytes.length), tuple, facts];
};

t.test('octets of a little-endian machine', { skip: !isLittleEndian && 'big-endian' }, (t) => {
  t.test('addresses, ports and zone', (t) => {
    const [ok, tuple, facts] = read(`${v4} ${udp} 0600 0300 0009 0000`);
    t.ok(ok);
    t.equal(formatAddress(tuple.src, 0), '10.9.0.1');
    t.equal(formatAddress(tuple.dst, 0), '127.0.0.1');
    t.match(tuple, { srcPort: 41374, dstPort: 5301, icmpId: 0 });
    t.same(facts, { protocol: 17, zone: 9 });
    const [, other, otherFacts] = read(`${v6} ${protocol('59')}`, tuple);
    t.equal(formatAddress(other.src, 0), 'fd00::1');
    t.equal(formatAddress(other.dst, 0), 'fd00::2');
    t.match(other, { srcPort: 0, dstPort: 0 }, 'nothing is left of the last one');
    t.same(otherFacts, { protocol: 0x59, zone: 0 });
    const [, mapped] = read(`${v4} ${udp}`, other);
    t.equal(formatAddress(mapped.src, 0), '10.9.0.1', 'IPv4 after IPv6');
    t.end();
  });

  t.test('ICMP of both families', (t) => {
    const icmp = protocol('01', '0600 0400 45a9 0000', '0500 0500 08 000000', '0500 0600 03 000000');
    t.match(read(`${v4} ${icmp}`)[1], { icmpId: 17833, icmpType: 8, icmpCode: 3, srcPort: 0 });
    const icmpv6 = protocol('3a', '0600 0700 45a9 0000', '0500 0800 80 000000', '0500 0900 01 000000');
    t.match(read(`${v6} ${icmpv6}`)[1], { icmpId: 17833, icmpType: 128, icmpCode: 1 });
    t.end();
  });

  t.test('refused', (t) => {
    t.notOk(read(v4)[0], 'no protocol');
    t.notOk(read(udp)[0], 'no addresses');
    t.notOk(read(`0c00 0180 0800 0100 0a090001 ${udp}`)[0], 'no destination');
    t.notOk(read(`${v4} ${protocol('11', '0500 0200 a1 000000')}`)[0], 'a port of one octet');
    t.notOk(read(`${v4} 0a00 0280 0600 0100 0011 0000`)[0], 'a protocol of two octets');
    t.notOk(read(`${v4} ${udp} 0500 0300 09 000000`)[0], 'a zone of one octet');
    t.notOk(read(v6.replace('1400 0300', '0800 0300') + udp)[0], 'an IPv6 address of four octets');
    t.notOk(read(`${v4} ${protocol('11', '0200 0200 a19e 0000')}`)[0], 'a length below the header');
    t.notOk(read(`${v4} ${udp} 0600`)[0], 'half a header');
    t.end();
  });
  t.end();
});
