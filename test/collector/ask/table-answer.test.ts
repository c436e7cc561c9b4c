import t from 'tap';
import { formatAnswer, type TableOptions } from '../../../collector/ask/table-answer.ts';

async function* inPieces(text: string, lengthBytes: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += lengthBytes) yield bytes.subarray(at, at + lengthBytes);
}

const answerText = (names: string[], types: string[], ...rows: unknown[][]): string =>
  [names, types, ...rows].map((line) => `${JSON.stringify(line)}\n`).join('');

const format = async (
  text: string,
  options: TableOptions,
  lengthBytes = 7,
): Promise<{ text: string; rows: number }> => {
  const pieces = formatAnswer(inPieces(text, lengthBytes), options);
  let formatted = '';
  for (;;) {
    const { value, done } = await pieces.next();
    if (done) return { text: formatted, rows: value };
    formatted += value;
  }
};
const table = { layout: 'table' } as const;
const tabs = { layout: 'lines' } as const;

t.test('a table, in pieces of any length', async (t) => {
  const text = answerText(['name', 'n'], ['String', 'UInt64'], ['é日', '18446744073709551615'], ['b', '7']);
  const expected = [
    'name                     n',
    '----  --------------------',
    'é日   18446744073709551615',
    'b                        7',
    '',
  ];
  for (const length of [1, 2, 5, 1000]) {
    const answer = await format(text, table, length);
    t.same(answer.text.split('\n'), expected, `${length} octets`);
    t.equal(answer.rows, 2);
  }
});

t.test('mapped addresses as IPv4, in columns of addresses only', async (t) => {
  const types = ['IPv6', 'String', 'Array(IPv6)', 'Map(IPv6, UInt8)', 'Nullable(IPv6)'];
  const mapped = '::ffff:192.0.2.1';
  const text = answerText(['a', 's', 'l', 'm', 'n'], types, [mapped, mapped, [mapped, '::1'], { [mapped]: 1 }, null], ['2001:db8::1', '', [], {}, mapped]); // biome-ignore format: short
  t.same((await format(text, tabs)).text.split('\n'), [
    'a\ts\tl\tm\tn',
    `192.0.2.1\t${mapped}\t["192.0.2.1","::1"]\t{"192.0.2.1":1}\tNULL`,
    '2001:db8::1\t\t[]\t{}\t192.0.2.1',
    '',
  ]);
});

t.test('numbers of every kind to the right', async (t) => {
  const types = [
    'UInt8',
    'Int64',
    'Float64',
    'Nullable(Int32)',
    'LowCardinality(Nullable(UInt8))',
    'Decimal(9, 2)',
  ];
  for (const type of [...types, 'SimpleAggregateFunction(sum, UInt64)']) {
    const { text } = await format(answerText(['wide'], [type], [1]), table);
    t.equal(text, 'wide\n----\n   1\n', type);
  }
  for (const type of ['String', 'Array(UInt8)', 'DateTime', 'IPv4', "Enum8('x' = 1)"]) {
    const { text } = await format(answerText(['wide'], [type], ['1']), table);
    t.equal(text, 'wide\n----\n1\n', type);
  }
});

t.test('values cannot break lines', async (t) => {
  const text = answerText(['a\nb'], ['String'], ['x\ty\n\u001b']);
  t.equal((await format(text, tabs)).text, 'a\\nb\nx\\ty\\n\\u001b\n');
});

t.test('no rows, no columns', async (t) => {
  const none = answerText(['a'], ['UInt8']);
  t.same(await format(none, table), { text: 'a\n-\n', rows: 0 });
  t.same(await format(none, tabs), { text: 'a\n', rows: 0 });
  t.same(await format('', table), { text: '', rows: 0 });
  t.same(await format('', tabs), { text: '', rows: 0 });
});

t.test('a table that is wider than the terminal becomes a block a row', async (t) => {
  const text = answerText(['a', 'second'], ['UInt8', 'String'], [1, 'x'.repeat(30)], [2, '']);
  const { text: narrow } = await format(text, { ...table, width: 20 });
  t.equal(narrow, `-- 1\na       1\nsecond  ${'x'.repeat(30)}\n-- 2\na       2\nsecond  \n`);
  t.match((await format(text, { ...table, width: 100 })).text, /^a {2}second\n/);
  const single = answerText(['a'], ['String'], ['x'.repeat(30)]);
  t.match(
    (await format(single, { ...table, width: 20 })).text,
    /^a\n-{30}\n/,
    'one column is no wider as a block',
  );
});

t.test('the first rows of a long answer come before its end', async (t) => {
  const row = Buffer.from('["x"]\n');
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('["a"]\n["String"]\n');
    for (; given < 100_000; given++) yield row;
  }
  const pieces = formatAnswer(endless(), table);
  const first = await pieces.next();
  t.equal(first.value, 'a\n-\n');
  t.ok(given <= 1000, `${given} rows were held back`);
  await pieces.return(0);
});
