import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import type { Question } from '../../../collector/ask/report.ts';
import { chooseTraces, traceRangeMicros } from '../../../collector/reports/trace-choice.ts';

const nowMicros = Date.parse('2026-11-21T00:00:00Z') * 1000;
const choose = (argument: string | undefined, options: object = {}) =>
  chooseTraces(
    {
      range: { from: nowMicros - traceRangeMicros, to: nowMicros },
      argument,
      options,
    } as unknown as Question,
    { nowMicros, zone: 'UTC' } as LedgerView,
  );

t.test('what was typed is in the parameters, and in words', (t) => {
  const host = (address: string, port?: number) => ({ address, port });
  const odd = "'; DROP TABLE flows";
  const choice = choose(odd, {
    session: 'S',
    client: host('::ffff:192.0.2.1', 4000),
    back: host('2001:db8::1'),
  });
  t.notMatch(JSON.stringify([choice.equals, choice.flowsWhere, choice.where]), 'DROP');
  t.match(choice.params, {
    request: odd,
    session: 'S',
    client: '::ffff:192.0.2.1',
    client_port: 4000,
    back: '2001:db8::1',
  });
  t.equal(choice.words, `request ${odd}, session S, client 192.0.2.1:4000, back end 2001:db8::1`);
  t.same(choice.range, { from: nowMicros - traceRangeMicros, to: nowMicros });
  t.match(
    choose(undefined, { client: host('::ffff:192.0.2.1') }).where,
    [/client_addr/],
    'as the proxy knows it, too',
  );
  t.end();
});

t.test('a moment, and how far around it', (t) => {
  const at = nowMicros - 3600e6;
  const moment = { at: '2026-11-20 23:00:00' };
  t.match(choose('R', moment), { at, range: { from: at - 60e6, to: at + 60e6 } });
  t.match(choose('R', { ...moment, within: 5e6 }).range, { from: at - 5e6, to: at + 5e6 });
  t.throws(() => choose(undefined, moment), { name: 'ConfigError', message: /give its id/ });
  t.end();
});
