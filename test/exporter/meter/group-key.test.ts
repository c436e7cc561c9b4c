import t from 'tap';
import { parseAggregate } from '../../../exporter/meter/aggregate-spec.ts';
import { makeGroupKeyWriter } from '../../../exporter/meter/group-key.ts';
import { makeRecord } from '../../support/printed-records.ts';

const udp = {
  protocol: 17,
  srcAddress: '10.1.2.255',
  srcPort: 40_000,
  dstAddress: '192.0.2.129',
  dstPort: 53,
} as const;
const keyOf = (spec: string, record: ReturnType<typeof makeRecord>): number[] => {
  const key = new Int32Array(12);
  makeGroupKeyWriter(parseAggregate(spec))(key, record);
  return [...key];
};

t.test('whole addresses, without the port of the client', async (t) => {
  t.same(keyOf('', makeRecord(udp)), [
    0,
    0,
    0xffff,
    0x0a0102ff,
    0,
    0,
    0xffff,
    0xc0000281 | 0,
    53,
    0x200 | 0x400 | 17,
    0,
    0,
  ]);
});

t.test('prefixes of IPv4', async (t) => {
  const key = keyOf('src=24,dst=25', makeRecord(udp));
  t.same(key.slice(2, 4), [0xffff, 0x0a010200]);
  t.same(key.slice(6, 8), [0xffff, 0xc0000280 | 0]);
  t.same(keyOf('src=0', makeRecord(udp)).slice(0, 4), [0, 0, 0xffff, 0]);
});

t.test('prefixes of IPv6, which do not touch IPv4', async (t) => {
  const flow = makeRecord({
    family: 6,
    protocol: 6,
    srcAddress: '2001:db8:1234:5678:9abc::1',
    dstAddress: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    source: 'conntrack',
    hasCounters: false,
    zone: 3,
  });
  t.same(keyOf('src6=56,dst6=97', flow), [
    0x20010db8,
    0x12345600,
    0,
    0,
    0x20010db8,
    -1,
    -1,
    0x80000000 | 0,
    0,
    0x100 | 6,
    3,
    0,
  ]);
  t.same(keyOf('src6=0,dst6=0', flow).slice(0, 8), [0, 0, 0, 0, 0, 0, 0, 0]);
  t.same(keyOf('src6=0,dst6=0', makeRecord(udp)), keyOf('', makeRecord(udp)));
});
