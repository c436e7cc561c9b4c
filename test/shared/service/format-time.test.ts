import t from 'tap';
import { formatClock, formatInstant } from '../../../shared/service/format-time.ts';

const at = (text: string): number => Date.parse(text) * 1000;

t.test('for people', async (t) => {
  t.equal(formatClock(at('2026-11-21T14:03:22Z'), 'UTC'), '2026-11-21 14:03:22');
  t.equal(formatClock(at('2026-11-21T14:03:22.5Z') + 7, 'UTC'), '2026-11-21 14:03:22.500');
  t.equal(formatClock(at('2026-11-21T23:30:00Z'), 'Europe/Zurich'), '2026-11-22 00:30:00');
  t.equal(formatClock(-5e6, 'UTC'), '1970-01-01 00:00:00');
  t.equal(formatClock(2 ** 63, 'America/New_York'), '9999-12-31 18:59:59.999');
});

t.test('for programs', async (t) => {
  t.equal(formatInstant(at('2026-11-21T14:03:22Z')), '2026-11-21T14:03:22Z');
  t.equal(formatInstant(at('2026-11-21T14:03:22.5Z')), '2026-11-21T14:03:22.5Z');
  t.equal(formatInstant(at('2026-11-21T14:03:22Z') + 7), '2026-11-21T14:03:22.000007Z');
  t.equal(formatInstant(at('2026-11-21T14:03:22Z'), 'Europe/Zurich'), '2026-11-21T15:03:22+01:00');
  t.equal(formatInstant(at('2026-11-21T14:03:22Z'), 'America/St_Johns'), '2026-11-21T10:33:22-03:30');
});
