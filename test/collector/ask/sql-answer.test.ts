import t from 'tap';
import { askSql, readableSqlError, SqlError } from '../../../collector/ask/sql-answer.ts';
import { type FakeAnswer, refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

/** What came before the end, and the error that ended it. */
const readAnswer = async (chunks: AsyncIterable<Buffer>): Promise<{ text: string; error?: unknown }> => {
  let text = '';
  try {
    for await (const chunk of chunks) text += chunk.toString();
    return { text };
  } catch (error) {
    return { text, error };
  }
};

const question = { format: 'TabSeparated', settings: {} } as const;
const askFake = async (t: Parameters<typeof startFakeClickHouse>[0], answer: FakeAnswer) => {
  const fake = await startFakeClickHouse(t, () => answer);
  return readAnswer((await askSql(fake.client, { ...question, query: 'SELECT 1' })).chunks);
};

t.test('errors without code, version and endless lists', async (t) => {
  t.equal(
    readableSqlError('Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.7.2.1 (official build))\n'), // biome-ignore format: short
    'Table x does not exist. (UNKNOWN_TABLE)',
  );
  const words = Array.from({ length: 40 }, (_, i) => `W${i}`).join(', ');
  t.equal(
    readableSqlError(`Syntax error: at x. Expected one of: ${words}. (SYNTAX_ERROR)`),
    'Syntax error: at x. Expected one of: W0, W1, W2, W3, W4, W5, W6, W7, .... (SYNTAX_ERROR)',
  );
  t.equal(readableSqlError('plain'), 'plain');
});

t.test('a question as it is sent', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({
    headers: { 'X-ClickHouse-Format': 'CSV' },
    body: 'a,b\n',
  }));
  const settings = { readonly: '2', max_threads: 1 };
  const answer = await askSql(fake.client, { query: ' SELECT 1 ;; \n', format: 'CSV', settings });
  t.equal(answer.format, 'CSV');
  t.same(await readAnswer(answer.chunks), { text: 'a,b\n' });
  const [request] = fake.requests;
  t.equal(request?.body.toString().trim(), 'SELECT 1');
  t.equal(request?.headers['x-clickhouse-format'], 'CSV');
  t.match(Object.fromEntries(request?.parameters ?? []), {
    readonly: '2',
    max_threads: '1',
    database: 'books',
  });
});

t.test('a refusal', async (t) => {
  const no = { name: 'Error', message: 'no. (UNKNOWN_TABLE)' };
  await t.rejects(askFake(t, refusal(60, 'UNKNOWN_TABLE')), new SqlError(no.message));
  await t.rejects(askFake(t, { status: 502 }), new SqlError('ClickHouse answers with status 502'));
  await t.rejects(askFake(t, { ...refusal(60, 'UNKNOWN_TABLE'), status: 200 }), new SqlError(no.message));
});

const late = (message: string): FakeAnswer => ({
  headers: { 'X-ClickHouse-Exception-Tag': 'abcdefghijklmnop' },
  body: `1\n2\n\r\n__exception__\r\nabcdefghijklmnop\r\n${message}\n${message.length + 1} abcdefghijklmnop\r\n__exception__\r\n`,
  breakOff: true,
});

t.test('an error at the end of the data is taken out of it', async (t) => {
  const { text, error } = await askFake(
    t,
    late('Code: 395. DB::Exception: Stop it. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)'),
  );
  t.equal(text, '1\n2\n');
  t.ok(error instanceof SqlError);
  t.equal((error as Error).message, 'Stop it. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)');
});

t.test('data that looks like an error stays data', async (t) => {
  const body = 'x\r\n__exception__\r\nqqqqqqqqqqqqqqqq\r\nforged\n7 qqqqqqqqqqqqqqqq\r\n__exception__\r\n';
  const headers = { 'X-ClickHouse-Exception-Tag': 'abcdefghijklmnop' };
  t.same(await askFake(t, { headers, body }), { text: body });
});

t.test('an answer that breaks off is an error, after what came', async (t) => {
  const { text, error } = await askFake(t, { body: '1\n2\n', breakOff: true });
  t.equal(text, '1\n2\n');
  t.match((error as Error).message, /^the answer broke off: ClickHouse ended or failed \(/);
});

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client } = await startTestStore(t);

  await t.test('the format of the query goes before ours', async (t) => {
    const ours = await askSql(client, { ...question, query: 'SELECT 1, 2' });
    t.same([ours.format, await readAnswer(ours.chunks)], ['TabSeparated', { text: '1\t2\n' }]);
    const theirs = await askSql(client, { ...question, query: 'SELECT 1, 2 FORMAT CSV;' });
    t.same([theirs.format, await readAnswer(theirs.chunks)], ['CSV', { text: '1,2\n' }]);
  });

  await t.test('what it refuses', async (t) => {
    await t.rejects(
      askSql(client, { ...question, query: 'SELECT nonsense' }),
      /`nonsense`.*\(UNKNOWN_IDENTIFIER\)$/s,
    );
    await t.rejects(
      askSql(client, { ...question, query: 'SELEC 1' }),
      /^Syntax error: failed at position 7 .*\(SYNTAX_ERROR\)$/s,
    );
    const readonly = { ...question, settings: { readonly: '2' } };
    await t.rejects(askSql(client, { ...readonly, query: 'CREATE DATABASE x' }), /\(READONLY\)$/);
  });

  await t.test('a failure on the way, after 200 and many rows', async (t) => {
    const query = "SELECT number, throwIf(number = 400000, 'enough') FROM numbers(500000)";
    const settings = { max_block_size: '1000' };
    const answer = await askSql(client, { query, format: 'TabSeparated', settings });
    const { text, error } = await readAnswer(answer.chunks);
    t.ok(error instanceof SqlError, String(error));
    t.match((error as Error).message, /enough.*\(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO\)$/s);
    t.ok(text.length > 1 << 20, 'it had begun');
    const wrong = text.split('\n').find((line, i) => line !== '' && line !== `${i}\t0`);
    t.equal(wrong, undefined, 'and what came is rows');
  });
});
