import t from 'tap';
import { compileStrftime } from '../../../exporter/print/format-strftime.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

/** 2026-01-02T03:04:05.000006Z, a Friday. */
const micros = 1_767_323_045_000_006;

t.test('conversions, as date(1) has them in the C locale', async (t) => {
  const cases: readonly (readonly [pattern: string, text: string])[] = [
    ['%s', '1767323045'],
    ['%s.%f', '1767323045.000006'],
    ['%Y-%m-%dT%H:%M:%S%z', '2026-01-02T03:04:05+0000'],
    ['%F %T %Z', '2026-01-02 03:04:05 UTC'],
    ['%a %b %e %H:%M:%S %Y', 'Fri Jan  2 03:04:05 2026'],
    ['%c', 'Fri Jan  2 03:04:05 2026'],
    ['%A, %d. %B %y, day %j', 'Friday, 02. January 26, day 002'],
    ['%I:%M %p | %R | %D', '03:04 AM | 03:04 | 01/02/26'],
    ['%n%t%%s', '\n\t%s'],
    ['', ''],
  ];
  for (const [pattern, text] of cases) t.equal(compileStrftime(pattern)(micros), text, pattern);
});

t.test('noon, midnight, and the last day of a leap year', async (t) => {
  const clock = compileStrftime('%I %p');
  t.equal(clock(Date.UTC(2024, 0, 1, 0) * 1000), '12 AM');
  t.equal(clock(Date.UTC(2024, 0, 1, 12) * 1000), '12 PM');
  t.equal(compileStrftime('%j')(Date.UTC(2024, 11, 31, 23, 59) * 1000), '366');
});

t.test('no calendar has it', async (t) => {
  t.equal(compileStrftime('%F')(2 ** 60), '-');
});

t.test('what is no conversion', async (t) => {
  for (const pattern of ['%Q', 'at %', '%-d']) {
    t.throws(() => compileStrftime(pattern), ConfigError, pattern);
    t.throws(() => compileStrftime(pattern), /there are .*%s.*%F/, pattern);
  }
});
