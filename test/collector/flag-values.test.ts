import { InvalidArgumentError } from 'commander';
import t, { type Test } from 'tap';
import {
  append,
  parseColumns,
  parseCount,
  parseDays,
  parsePort,
  parseTime,
} from '../../collector/flag-values.ts';

/** That all of these texts are refused in words. */
const refuses = (
  t: Test,
  parse: (text: string) => unknown,
  texts: readonly string[],
  words: RegExp,
): void => {
  for (const text of texts) {
    t.throws(() => parse(text), InvalidArgumentError, text);
    t.throws(() => parse(text), { message: words });
  }
};

t.test('a flag that may be repeated', async (t) => {
  const first = append('a', undefined);
  t.same(append('b', first), ['a', 'b']);
  t.same(first, ['a'], 'what was there before is not changed');
});

t.test('ports', async (t) => {
  t.equal(parsePort('1'), 1);
  t.equal(parsePort('65535'), 65_535);
  refuses(t, parsePort, ['0', '65536', '20.5', 'ftp', '', '-1'], /a port is 1 to 65535/);
});

t.test('days', async (t) => {
  t.equal(parseDays('0'), 0);
  t.equal(parseDays('90d'), 90);
  refuses(t, parseDays, ['1.5', '-1', 'soon', '3w'], /days are a whole number; 0 means for ever/);
});

t.test('column groups', async (t) => {
  t.same(parseColumns('nat, l2,'), ['nat', 'l2']);
  refuses(t, parseColumns, ['nat,gold'], /no group gold; there are core, nat, /);
});

t.test('times, in microseconds', async (t) => {
  t.equal(parseTime('1970-01-02'), 86_400e6);
  refuses(t, parseTime, ['yesterday', '2026-02-30'], /a time is 2026-11-21T14:03:22 \(UTC, or with a zone\)/);
});

t.test('counts', async (t) => {
  t.equal(parseCount('12'), 12);
  refuses(t, parseCount, ['0', '-1', '1.5', 'many', ''], /a whole number from 1 on/);
});
