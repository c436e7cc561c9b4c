import t from 'tap';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { parseBytes, parseDuration } from '../../../shared/service/parse-quantity.ts';

t.test('sizes', async (t) => {
  const forms = [
    ['4096', 4096],
    ['0', 0],
    ['512B', 512],
    ['1K', 1024],
    ['64MiB', 67108864],
    ['10G', 10737418240],
    ['10 gib', 10737418240],
    ['1.5GB', 1500000000],
    ['2TB', 2e12],
    ['1kB', 1000],
  ] as const;
  for (const [text, bytes] of forms) t.equal(parseBytes('--max-disk', text), bytes, text);
  for (const text of ['', 'G', '-1', '1X', '1e3', '0x10', '10 G B', '99999999P', '1,5G', 'NaN', 'Infinity']) {
    t.throws(() => parseBytes('--max-disk', text), ConfigError, text);
  }
  t.throws(() => parseBytes('--max-disk', 'much'), /^--max-disk much: not a size/);
});

t.test('durations', async (t) => {
  const forms = [
    ['50ms', 50],
    ['1.5s', 1500],
    ['250us', 0.25],
    ['5m', 300_000],
    ['5min', 300_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2 W', 1_209_600_000],
    ['0s', 0],
  ] as const;
  for (const [text, milliseconds] of forms) t.equal(parseDuration('--ttl', text), milliseconds, text);
  t.equal(parseDuration('--ttl', '30', 'd'), 2_592_000_000, 'a number alone, where the option says in what');
  t.equal(parseDuration('--ttl', '30h', 'd'), 108_000_000);
  for (const text of ['', '30', 'd', '1y', '-1s', '1d2h'])
    t.throws(() => parseDuration('--ttl', text), ConfigError, text);
});
