import t from 'tap';
import { hashFlowKey, icmpQueryType, kindBits, writeFlowKey } from '../../../exporter/meter/flow-key.ts';
import { keyWords } from '../../../exporter/meter/flow-slots.ts';
import { type PacketSketch, packetFields } from '../../support/packet-builder.ts';

const options = { biflow: true, keyVlan: false, keyInterface: false };
const keyOf = (sketch: Omit<PacketSketch, 'seconds'>, given: object = {}) => {
  const key = new Int32Array(keyWords);
  const fromHigh = writeFlowKey(key, packetFields({ seconds: 0, ...sketch }), { ...options, ...given });
  return { key: [...key], fromHigh };
};
const there = { src: '10.0.0.1', dst: '10.0.0.2', srcPort: 1, dstPort: 2 };
const back = { src: '10.0.0.2', dst: '10.0.0.1', srcPort: 2, dstPort: 1 };

t.test('both directions have one key', async (t) => {
  t.same(keyOf(there).key, [0, 0, 0xffff, 0x0a000001, 0, 0, 0xffff, 0x0a000002, 0x10002, 17, 0, 0]);
  t.same(keyOf(back), { key: keyOf(there).key, fromHigh: true });
  const self = { src: '10.0.0.1', dst: '10.0.0.1', srcPort: 9, dstPort: 2 };
  t.same(keyOf(self).key, keyOf({ ...self, srcPort: 2, dstPort: 9 }).key, 'of one address');
  const far = { src: '2001:db8::1', dst: '2001:db9::1' };
  t.same(keyOf(far).key, keyOf({ src: far.dst, dst: far.src }).key);
  t.equal((keyOf(far).key[9] ?? 0) & kindBits.ipv6, kindBits.ipv6);
});

t.test('uniflows have two', async (t) => {
  t.notSame(keyOf(there, { biflow: false }).key, keyOf(back, { biflow: false }).key);
});

t.test('VLAN and interface on wish', async (t) => {
  const tagged = { ...there, vlan: 5, interfaceIndex: 3 };
  t.same(keyOf(tagged).key, keyOf(there).key);
  t.same(keyOf(tagged, { keyVlan: true, keyInterface: true }).key.slice(10), [5, 3]);
});

t.test('ICMP queries', async (t) => {
  const types = [0, 8, 13, 14, 15, 16, 17, 18, 3, 12, 19];
  t.same(
    types.map((type) => icmpQueryType(1, type)),
    [8, 8, 13, 13, 15, 15, 17, 17, -1, -1, -1],
  );
  t.same(
    [128, 129, 8, 135].map((type) => icmpQueryType(58, type)),
    [128, 128, -1, -1],
  );
});

t.test('the hash depends on both ends, ports, protocol and seed', async (t) => {
  const hash = (sketch: object, seed = 1) =>
    hashFlowKey(new Int32Array(keyOf({ ...there, ...sketch }).key), seed);
  const six = { src: '2001:db8::1', dst: '2001:db8:1::2' };
  const hashes = [
    hash({}),
    hash({}, 2),
    hash({ protocol: 6 }),
    hash({ srcPort: 3 }),
    hash({ dst: '10.0.0.3' }),
    hash(six),
    hash({ ...six, dst: '2001:db8:2::2' }),
  ];
  t.equal(new Set(hashes).size, hashes.length);
});
