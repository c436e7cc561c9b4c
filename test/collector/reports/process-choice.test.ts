import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import type { Question } from '../../../collector/ask/report.ts';
import { chooseProcesses, processRangeMicros } from '../../../collector/reports/process-choice.ts';

const nowMicros = Date.parse('2026-11-21T00:00:00Z') * 1000;
const choose = (argument: string | undefined, options: object = {}) =>
  chooseProcesses(
    {
      range: { from: nowMicros - processRangeMicros, to: nowMicros },
      argument,
      options,
    } as unknown as Question,
    { nowMicros, zone: 'UTC' } as LedgerView,
  );

t.test('an end', (t) => {
  t.match(choose('59047'), { params: { port: 59047 }, isSummary: false });
  t.match(choose('https'), { params: { port: 443 } });
  t.match(choose('10.0.0.5:80'), { params: { address: '::ffff:10.0.0.5', port: 80 } });
  t.match(choose('::1'), { params: { address: '::1', port: 0 } });
  const ends = choose('10.0.0.5').conditions.isEnd?.(['f.src', 'f.post_nat_src']);
  t.equal(ends, '((f.src_addr = {address:IPv6}) OR (f.post_nat_src_addr = {address:IPv6}))');
  t.end();
});

t.test('a process', (t) => {
  const odd = "'; DROP TABLE flows";
  const { conditions, params, isSummary } = choose(undefined, {
    service: odd,
    user: odd,
    pid: 7,
    command: odd,
  });
  const sql = conditions.isWanted?.((name) => name) ?? [];
  t.equal(sql.length, 4);
  t.notMatch(sql.join(' '), 'DROP');
  t.match(params, { service: odd, user: odd, pid: 7, command: odd });
  t.notOk(isSummary);
  t.end();
});

t.test('nothing is everything, and a moment is of something', (t) => {
  const all = choose(undefined);
  t.same([all.isSummary, all.at, all.conditions.isEnd], [true, undefined, undefined]);
  const at = nowMicros - 3600e6;
  const then = choose('80', { at: '2026-11-20 23:00' });
  t.match(then, { at, range: { from: at - 2e6, to: at + 2e6 } });
  t.not(then.conditions.flowsWhere, all.conditions.flowsWhere);
  t.end();
});
