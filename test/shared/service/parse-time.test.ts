import t from 'tap';
import { parseSaidTime, parseTimeMicros } from '../../../shared/service/parse-time.ts';

t.test('times as operators write them', async (t) => {
  const forms = [
    ['1970-01-02', 86_400_000_000],
    ['2026-11-21', 1_795_219_200_000_000],
    ['2026-11-21T14:03', 1_795_269_780_000_000],
    ['2026-11-21 14:03', 1_795_269_780_000_000],
    ['2026-11-21T14:03:22Z', 1_795_269_802_000_000],
    ['2026-11-21t14:03:22z', 1_795_269_802_000_000],
    ['2026-11-21T14:03:22.5+01:00', 1_795_266_202_500_000],
    ['2026-11-21T14:03:22.000007-0030', 1_795_271_602_000_007],
    ['2026-11-21 14:03:22.123456789', 1_795_269_802_123_456],
    [' 2026-11-21 ', 1_795_219_200_000_000],
    ['2024-02-29', 1_709_164_800_000_000],
    ['1795269802', 1_795_269_802_000_000],
    ['1795269802.000007', 1_795_269_802_000_007],
    ['999999999', 999_999_999_000_000],
  ] as const;
  for (const [text, micros] of forms) t.equal(parseTimeMicros(text), micros, text);
});

t.test('what is no time', async (t) => {
  for (const text of [
    ...['', 'yesterday', '14:03', '2026', '2026-11', '2026-13-01', '2026-11-21T25:00', '2026-11-21T14', '-1'],
    ...['2026-02-30', '2026-02-31T10:00', '2025-02-29', '2026-00-10', '2026-11-21T14:03:22+99:00', '1e9'],
    ...['2026-11-21T14:03:22.5.5', '2026-11-21T14:03:22 CET', '17952698020', '21.11.2026', '+2026-11-21'],
  ])
    t.equal(parseTimeMicros(text), undefined, text);
});

t.test('times that are said from now on, in a zone', async (t) => {
  const at = (text: string): number => Date.parse(text) * 1000;
  const nowMicros = at('2026-11-21T23:30:05.25Z');
  const said = (text: string, zone = 'UTC') => parseSaidTime(text, { nowMicros, zone });
  const instant = (text: string, isRelative = false) => ({ from: at(text), to: at(text), isRelative });
  t.same(said('now'), instant('2026-11-21T23:30:05.25Z', true));
  t.same(said('-15m'), instant('2026-11-21T23:15:05.25Z', true));
  t.same(said('-1.5h'), instant('2026-11-21T22:00:05.25Z', true));
  t.same(said(' - 2 D '), instant('2026-11-19T23:30:05.25Z', true));
  t.same(said('14:03:22'), instant('2026-11-21T14:03:22Z'));
  t.same(said('14:03:22.5', 'Europe/Zurich'), instant('2026-11-22T13:03:22.5Z'), 'it is tomorrow there');
  t.same(said('yesterday 14:03'), instant('2026-11-20T14:03:00Z'));
  t.same(said('today 14:03'), instant('2026-11-21T14:03:00Z'));
  t.same(said('2014-02-22 11:59'), instant('2014-02-22T11:59:00Z'));
  t.same(said('2014-02-22 11:59', 'Europe/Zurich'), instant('2014-02-22T10:59:00Z'));
  t.same(said('2014-02-22T11:59Z', 'Europe/Zurich'), instant('2014-02-22T11:59:00Z'));
  t.same(said('2014-07-22', 'Europe/Zurich'), instant('2014-07-21T22:00:00Z'));
  t.same(said('1795269802'), instant('2026-11-21T14:03:22Z'));
  t.same(said('today'), { from: at('2026-11-21T00:00Z'), to: at('2026-11-22T00:00Z'), isRelative: false });
  t.same(said('yesterday', 'Europe/Zurich'), {
    from: at('2026-11-20T23:00Z'),
    to: at('2026-11-21T23:00Z'),
    isRelative: false,
  });
  for (const text of [
    '',
    'tomorrow',
    '15m',
    '-15',
    '-15x',
    '25:00',
    'yesterday 1',
    'today yesterday',
    '2026-02-30',
  ])
    t.equal(said(text), undefined, text);
});

t.test('days on which the clocks change', async (t) => {
  const at = (text: string): number => Date.parse(text) * 1000;
  const zone = 'Europe/Zurich';
  const spring = { nowMicros: at('2026-03-30T10:00Z'), zone };
  const day = { from: at('2026-03-28T23:00Z'), to: at('2026-03-29T22:00Z'), isRelative: false };
  t.same(parseSaidTime('yesterday', spring), day, 'a day of 23 hours');
  t.equal(
    parseSaidTime('yesterday 02:30', spring)?.from,
    at('2026-03-29T01:30Z'),
    'a time that there was not',
  );
  const autumn = { nowMicros: at('2026-10-25T12:00Z'), zone };
  t.same(parseSaidTime('today', autumn), {
    from: at('2026-10-24T22:00Z'),
    to: at('2026-10-25T23:00Z'),
    isRelative: false,
  });
  t.equal(parseSaidTime('02:30', autumn)?.from, at('2026-10-25T00:30Z'), 'the first of two');
});
