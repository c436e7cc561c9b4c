import t from 'tap';
import { makeTimestampReader } from '../../../shared/capture/pcapng-timestamp.ts';

const read = (resolution: number, offsetSeconds: number, time: bigint): [number, number] => {
  const into = { seconds: 0, nanos: 0 };
  makeTimestampReader(resolution, offsetSeconds)(Number(time >> 32n), Number(time & 0xffffffffn), into);
  return [into.seconds, into.nanos];
};

t.test('units of 10^-n seconds', async (t) => {
  t.same(read(0, 0, 1700819520n), [1700819520, 0]);
  t.same(read(3, 0, 1700819520123n), [1700819520, 123000000]);
  t.same(read(6, 0, 1700819520123456n), [1700819520, 123456000]);
  t.same(read(9, 0, 1700819520123456789n), [1700819520, 123456789]);
  t.same(read(9, 0, 1700819520999999999n), [1700819520, 999999999]);
  t.same(read(12, 0, 1700819123456789012n), [1700819, 123456789], 'picoseconds');
});

t.test('units of 2^-n seconds', async (t) => {
  t.same(read(0x80 | 1, 0, 3n), [1, 500000000]);
  t.same(read(0x80 | 32, 0, (1700819520n << 32n) | 0x40000000n), [1700819520, 250000000]);
  t.same(read(0x80 | 40, 0, (5n << 40n) | (1n << 39n)), [5, 500000000]);
});

t.test('an offset', async (t) => {
  t.same(read(6, 1700000000, 1000001n), [1700000001, 1000]);
  t.same(read(6, -1, 1000001n), [0, 1000]);
});

t.test('agrees with exact arithmetic', async (t) => {
  let seed = 1n;
  for (let i = 0; i < 5000; i++) {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    for (const exponent of [0, 3, 6, 7, 9]) {
      const units = 10n ** BigInt(exponent);
      const expected = [Number(seed / units), Number(((seed % units) * 1000000000n) / units)];
      const found = read(exponent, 0, seed);
      if (found[0] !== expected[0] || found[1] !== expected[1])
        t.same(found, expected, `${seed} in 10^-${exponent}`);
    }
  }
});
