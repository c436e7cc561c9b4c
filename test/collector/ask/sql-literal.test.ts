import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { inlineParameters } from '../../../collector/ask/sql-literal.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

const nasty = "it's \\ {x:String} `\"\n\t' OR 1=1 --";
const sql = `SELECT {text:String} AS text, {address:IPv6} AS address, {list:Array(String)} AS list, {big:UInt64} AS big,
  {less:Int64} - 1 AS less, toTypeName({port:UInt16}) AS type, {ports:Array(UInt16)} AS ports, {none:Nullable(String)} AS none
FROM numbers({rows:UInt64}) LIMIT {limit:UInt64} OFFSET {offset:UInt64}`;
const params = {
  ...{ text: nasty, address: '::ffff:10.0.0.5', list: ['a', nasty], big: 9_007_199_254_740_991, less: -5 },
  ...{ port: 443, ports: [1, 2], none: null, rows: 9, limit: 1, offset: 0 },
};

t.test('a query with its parameters says the same', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql: ask } = await startTestStore(t);
  const bound = await openLedger(client, { nowMicros: 0, zone: 'UTC' }).ask<object>({ sql, params });
  t.match(bound, [{ text: nasty, less: -6, type: 'UInt16', ports: [1, 2], none: null }]);
  const [row] = await ask<Record<string, unknown>>(inlineParameters({ sql, params }));
  t.same([{ ...row, big: Number(row?.big), less: Number(row?.less) }], bound);
});

t.test('how it is written', async (t) => {
  const text = inlineParameters({
    sql: 'SELECT {a:String}, {b:UInt16} FROM {t:Identifier} WHERE x > {n:Int64} LIMIT {l:UInt64}',
    params: { a: "o'clock", b: 5, t: 'a`b', n: -1, l: 10 },
  });
  t.equal(text, "SELECT 'o\\'clock', 5::UInt16 FROM `a\\`b` WHERE x > CAST(-1, 'Int64') LIMIT 10");
  t.throws(() => inlineParameters({ sql: '{constructor:String}', params: {} }), {
    message: 'there is no parameter constructor',
  });
});
