import t from 'tap';
import { inSeconds, type Trace, tracesSql } from '../../../collector/reports/traces-sql.ts';
import { ownValuesOf } from '../../../collector/store/own-values.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { proxyNow, seedRequest, seenFlows, toldTraces, traceRow } from '../../support/proxy-ledger.ts';

t.test('rows that are traces, and no others', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow });
  const [told] = toldTraces;
  await ledger.insert([
    ...seenFlows(),
    ...toldTraces.map((told) => traceRow(told)),
    {
      ...traceRow(told ?? { at: '', request: '' }),
      time_source: 'absurd',
      time: '2023-12-06 15:00:00',
      extra: { '1.proxySessionId': 's' },
    },
  ]);
  const ask = async (equals: readonly (readonly ['request_id', string])[], flowsWhere: readonly string[]) => {
    const result = await ledger.store.client.query({
      query: `SELECT * FROM (${tracesSql(ownValuesOf('f', new Set()), { equals, flowsWhere })}) ORDER BY at`,
      query_params: { wanted: seedRequest, from_second: 1_701_872_370, to_second: 1_701_872_376 },
      format: 'JSONEachRow',
    });
    return result.json<Trace>();
  };
  t.same(
    (await ask([], [])).map(({ request_id }) => request_id),
    ['other', 'first', 'second', seedRequest, 'later', ''],
  );
  t.same(
    (await ask([], [inSeconds])).map(({ request_id }) => request_id),
    ['first', 'second', seedRequest],
  );
  t.match(await ask([['request_id', 'wanted']], []), [
    {
      ...{ session_id: '8fda8ccee7d2a555c910cf9d2d5afb5e', mapping: 'root', host: 'lesbos', proto: 6 },
      ...{ client_addr: '::ffff:172.18.60.2', front_src_port: 18982, front_dst_port: 80 },
      ...{
        back_src_addr: '::ffff:172.18.98.225',
        back_src_port: 54444,
        back_dst_addr: '::ffff:172.18.98.50',
      },
    },
  ]);
  t.equal(
    Number((await ask([], [])).at(-1)?.at),
    Date.parse('2023-12-06T15:00:00Z') * 1000,
    'a time that is not believed',
  );
});
