import t from 'tap';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatTotal,
} from '../../../shared/service/format-quantity.ts';

t.test('bytes', async (t) => {
  const forms = [
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [33554432, '32 MiB'],
    [1048575, '1 MiB'],
    [123456789, '118 MiB'],
    [5e12, '4.55 TiB'],
  ] as const;
  for (const [bytes, text] of forms) t.equal(formatBytes(bytes), text);
});

t.test('counts and rates', async (t) => {
  const forms = [
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1k'],
    [1234, '1.23k'],
    [12345, '12.3k'],
    [999_600, '1M'],
    [109_000, '109k'],
    [14_250_000, '14.3M'],
    [2e9, '2G'],
    [0.5, '0.5'],
  ] as const;
  for (const [count, text] of forms) t.equal(formatCount(count), text);
  t.equal(formatRate(109_000, 'flows'), '109k flows/s');
});

t.test('durations', async (t) => {
  const forms = [
    [0, '0 s'],
    [0.00004, '40 ns'],
    [0.25, '250 us'],
    [0.99996, '1 ms'],
    [12.5, '12.5 ms'],
    [999.6, '1 s'],
    [1500, '1.5 s'],
    [59_960, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [3_725_000, '1 h 2 min'],
    [2 * 86_400_000 + 3 * 3_600_000, '2 d 3 h'],
    [-1500, '-1.5 s'],
  ] as const;
  for (const [milliseconds, text] of forms) t.equal(formatDuration(milliseconds), text);
});

t.test('totals are exact', async (t) => {
  t.equal(formatTotal(1, 'flow'), '1 flow');
  t.equal(formatTotal(0, 'flow'), '0 flows');
  t.equal(formatTotal(1_234_567, 'flow'), '1234567 flows');
});
