import t from 'tap';
import { readTimeRange, type SaidRange } from '../../../collector/ask/time-range.ts';

const at = (text: string): number => Date.parse(text) * 1000;
const nowMicros = at('2026-11-21T14:03:22.5Z');
const read = (said: SaidRange, zone = 'UTC') => readTimeRange(said, { nowMicros, zone }, 900e6);
const range = (from: string, to: string, isRelative: boolean) => ({ from: at(from), to: at(to), isRelative });

t.test('ranges', async (t) => {
  const now = '2026-11-21T14:03:22.5Z';
  t.same(read({}), range('2026-11-21T13:48:22.5Z', now, true), 'the default of the report');
  t.same(read({ last: '24h' }), range('2026-11-20T14:03:22.5Z', now, true));
  t.same(read({ from: '-15m' }), range('2026-11-21T13:48:22.5Z', now, true));
  t.same(read({ from: '2026-11-20' }), range('2026-11-20T00:00Z', now, false));
  t.same(
    read({ from: '2026-11-20', to: '2026-11-20 12:00' }),
    range('2026-11-20T00:00Z', '2026-11-20T12:00Z', false),
  );
  t.same(read({ to: '12:00', last: '1h' }), range('2026-11-21T11:00Z', '2026-11-21T12:00Z', true));
  t.same(read({ to: '12:00' }), range('2026-11-21T11:45Z', '2026-11-21T12:00Z', true));
  t.same(
    read({ from: 'yesterday' }),
    range('2026-11-20T00:00Z', '2026-11-21T00:00Z', false),
    'the whole day',
  );
  t.same(read({ from: 'today' }), range('2026-11-21T00:00Z', now, false), 'as far as it has come');
  t.same(
    read({ from: '2026-11-01', to: 'yesterday' }),
    range('2026-11-01T00:00Z', '2026-11-21T00:00Z', false),
  );
  t.same(
    read({ from: 'yesterday' }, 'Europe/Zurich'),
    range('2026-11-19T23:00Z', '2026-11-20T23:00Z', false),
  );
});

t.test('what makes no sense', async (t) => {
  const refuses = (said: SaidRange, message: RegExp) => t.throws(() => read(said), { message });
  refuses(
    { from: 'noon' },
    /^--from noon: not a time\. Times are 2026-11-21T14:03:22 .*yesterday.*seconds since 1970$/,
  );
  refuses({ to: '25:00' }, /^--to 25:00: not a time/);
  refuses({ last: 'day' }, /^--last day: not a duration/);
  refuses({ last: '0s' }, /^--last 0s: it must be longer/);
  refuses({ last: '1h', from: 'today' }, /^--last and --from: give one of them/);
  refuses({ from: '12:00', to: '11:00' }, /^--from 12:00 is not before --to 11:00/);
  refuses({ from: '15:00' }, /^--from 15:00 is not before now/);
});
