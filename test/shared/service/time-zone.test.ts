import t from 'tap';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { findZone, instantOfClock, isTimeZone, zoneOffsetMs } from '../../../shared/service/time-zone.ts';

const hourMs = 3_600_000;
const at = (text: string): number => Date.parse(text);

t.test('names of zones', async (t) => {
  for (const zone of ['UTC', 'Europe/Zurich', 'Asia/Kathmandu']) t.ok(isTimeZone(zone), zone);
  for (const zone of ['', 'Mars/Olympus', 'zurich']) t.notOk(isTimeZone(zone), zone);
});

t.test('a zone as it is said', async (t) => {
  t.equal(findZone('Europe/Zurich'), 'Europe/Zurich');
  t.equal(findZone('local'), new Intl.DateTimeFormat().resolvedOptions().timeZone);
  t.throws(
    () => findZone('Mars'),
    new ConfigError('--zone Mars: no such time zone; it is UTC, local, or a name such as Europe/Zurich'),
  );
});

t.test('the offset of a zone, before and after the clocks change', async (t) => {
  t.equal(zoneOffsetMs(at('2026-11-21T14:03:22Z'), 'UTC'), 0);
  t.equal(zoneOffsetMs(at('2026-11-21T14:03:22.123Z'), 'Europe/Zurich'), hourMs);
  t.equal(zoneOffsetMs(at('2026-07-21T14:03:22Z'), 'Europe/Zurich'), 2 * hourMs);
  t.equal(zoneOffsetMs(at('2026-03-29T00:59:59.999Z'), 'Europe/Zurich'), hourMs);
  t.equal(zoneOffsetMs(at('2026-03-29T01:00:00Z'), 'Europe/Zurich'), 2 * hourMs);
  t.equal(zoneOffsetMs(at('2026-11-21T14:03:22Z'), 'Asia/Kathmandu'), 5.75 * hourMs);
  t.equal(zoneOffsetMs(at('2026-11-21T14:03:22Z'), 'America/New_York'), -5 * hourMs);
});

t.test('the instant of a clock time', async (t) => {
  t.equal(instantOfClock(at('2026-11-21T14:03:22Z'), 'Europe/Zurich'), at('2026-11-21T13:03:22Z'));
  t.equal(instantOfClock(at('2026-07-21T00:00Z'), 'America/New_York'), at('2026-07-21T04:00Z'));
  t.equal(instantOfClock(at('2026-03-29T02:30Z'), 'Europe/Zurich'), at('2026-03-29T01:30Z'), 'in a gap');
  t.equal(instantOfClock(at('2026-10-25T02:30Z'), 'Europe/Zurich'), at('2026-10-25T00:30Z'), 'the first one');
  t.equal(instantOfClock(at('2026-10-25T03:00Z'), 'Europe/Zurich'), at('2026-10-25T02:00Z'));
});
