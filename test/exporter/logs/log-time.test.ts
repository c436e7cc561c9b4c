import t from 'tap';
import { type FoundTime, readLogTime } from '../../../exporter/logs/log-time.ts';

const found: FoundTime = { micros: 0, end: 0 };
const nowMicros = Date.UTC(2026, 10, 21, 12) * 1000;

/** Milliseconds since 1970 and what is behind the time. */
const read = (text: string, zone = 'UTC', now = nowMicros): readonly [number, string] | undefined =>
  readLogTime(`# ${text}`, 2, { nowMicros: now, zone }, found)
    ? [found.micros / 1000, `# ${text}`.slice(found.end)]
    : undefined;
const utc = (text: string): number => Date.parse(text);

t.test('seconds of conntrack', async (t) => {
  t.same(read('[1795296620.408602]\t[NEW]'), [1795296620408.602, '\t[NEW]']);
  for (const text of ['[NEW]', '[1795296620]', '[17952966x0.408602]', '[1795296620.408602'])
    t.equal(read(text), undefined, text);
});

t.test('ISO, with the zones that are written', async (t) => {
  const instant = utc('2026-11-21T21:30:20Z');
  t.same(read('2026-11-21T21:30:20Z host'), [instant, ' host']);
  t.same(read('2026-11-21T22:30:20+01:00'), [instant, '']);
  t.same(read('2026-11-21T22:30:20+0100'), [instant, '']);
  t.same(read('2026-11-21T16:00:20-0530'), [instant, '']);
  t.same(read('2026-11-21 21:30:20'), [instant, '']);
  t.same(read('2026-11-21T22:30:20', 'Europe/Berlin'), [instant, '']);
  t.same(read('2026-11-21T21:30:20.440478'), [instant + 440.478, '']);
  t.same(read('2026-11-21T21:30:20.123456789Z'), [instant + 123.456, '']);
  t.same(read('2026-11-21T21:30:20,5Z'), [instant + 500, '']);
});

t.test('ctime', async (t) => {
  t.same(read('Sat Feb 22 12:27:04 2014] x'), [utc('2014-02-22T12:27:04Z'), '] x']);
  t.same(read('Sat Feb  1 12:27:04 2014', 'Europe/Paris'), [utc('2014-02-01T11:27:04Z'), '']);
  t.equal(read('Sat Feb 22 12:27:04'), undefined);
});

t.test('syslog has no year: it is the latest that is not a day ahead', async (t) => {
  t.same(read('Feb 22 10:50:36 ice-age2'), [utc('2026-02-22T10:50:36Z'), ' ice-age2']);
  t.same(read('Nov 22 11:59:59 x'), [utc('2026-11-22T11:59:59Z'), ' x']);
  t.same(read('Nov 22 12:00:01 x'), [utc('2025-11-22T12:00:01Z'), ' x']);
  t.same(read('Dec 31 23:59:59'), [utc('2025-12-31T23:59:59Z'), '']);
  const newYear = Date.UTC(2026, 11, 31, 23, 59) * 1000;
  t.same(read('Jan  1 00:30:00', 'UTC', newYear), [utc('2027-01-01T00:30:00Z'), '']);
  t.same(read('Feb 29 00:00:00'), [utc('2024-02-29T00:00:00Z'), '']);
  t.same(read('Jul  1 12:00:00 x', 'Europe/Berlin'), [utc('2026-07-01T10:00:00Z'), ' x']);
});

t.test('a host that is named like a year is no year', async (t) => {
  t.same(read('Feb 22 10:50:36 2001 x'), [utc('2026-02-22T10:50:36Z'), ' 2001 x']);
});

t.test('changes of clocks: the earlier of two, and what the clock would have shown', async (t) => {
  t.same(read('2026-10-25T02:30:00', 'Europe/Berlin'), [utc('2026-10-25T00:30:00Z'), '']);
  t.same(read('2026-10-25T03:00:00', 'Europe/Berlin'), [utc('2026-10-25T02:00:00Z'), '']);
  t.same(read('2026-03-29T02:30:00', 'Europe/Berlin'), [utc('2026-03-29T01:30:00Z'), '']);
  t.same(read('2026-03-29T03:00:00', 'Europe/Berlin'), [utc('2026-03-29T01:00:00Z'), '']);
  t.same(read('2026-03-29T03:00:00', 'Asia/Kathmandu'), [utc('2026-03-28T21:15:00Z'), '']);
});

t.test('what is no time', async (t) => {
  for (const text of [
    ...[
      '',
      'tcp      6',
      '2026-13-01T00:00:00',
      '2026-02-30T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01',
    ],
    ...[
      'Feb 30 10:00:00',
      'Fob 22 10:00:00',
      'Feb 22 10:60:00',
      'Feb 22 100000',
      '2026-01-01_00:00:00',
      'an1 21',
    ],
  ])
    t.equal(read(text), undefined, text);
});
