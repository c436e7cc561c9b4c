import { AssertionError } from 'node:assert';
import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { classifyStoreError, describeStoreError } from '../../../collector/store/store-error.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { refusal, startFakeClickHouse } from '../../support/fake-clickhouse.ts';

const said = (code: string, type: string | undefined, message = 'words'): ClickHouseError =>
  new ClickHouseError({ code, message, ...(type === undefined ? {} : { type }) });
const withCode = (code: string, message = ''): Error => Object.assign(new Error(message), { code });

t.test('what an answer of ClickHouse means', async (t) => {
  const cases = {
    overloaded: ['202', '241', '252', '319', '745', '999', '1001'],
    away: ['236', '394'],
    operator: ['16', '60', '81', '164', '192', '218', '242', '243', '497', '516'],
    permanent: ['26', '27', '53', '62', '117', '349', '469'],
  } as const;
  for (const [kind, codes] of Object.entries(cases))
    for (const code of codes) t.equal(classifyStoreError(said(code, 'X')), kind, `code ${code}`);
});

t.test('TOO_MANY_PARTS has two meanings', async (t) => {
  const behind =
    'Too many parts (3000 with average size of 1.00 KiB) in table. Merges are processing slower than inserts';
  const partitions =
    'Too many partitions for single INSERT block (more than 100). The limit is controlled by';
  t.equal(classifyStoreError(said('252', 'TOO_MANY_PARTS', behind)), 'overloaded');
  t.equal(classifyStoreError(said('252', 'TOO_MANY_PARTS', partitions)), 'permanent');
});

t.test('what is no answer of ClickHouse comes from the way to it, or from us', async (t) => {
  for (const error of [withCode('ECONNREFUSED'), withCode('ECONNRESET'), new Error('Timeout error.'), 'text'])
    t.equal(classifyStoreError(error), 'away', String(error));
  t.equal(classifyStoreError(new TypeError('x is not a function')), 'permanent');
  t.equal(classifyStoreError(new RangeError('Invalid array length')), 'permanent');
  t.equal(classifyStoreError(new ConfigError('no such database')), 'permanent');
  t.equal(classifyStoreError(new AssertionError({ message: 'ours' })), 'permanent');
});

t.test('one line for people', async (t) => {
  t.equal(describeStoreError(said('60', 'UNKNOWN_TABLE', ' Table x\n does not exist. ')), 'ClickHouse: Table x does not exist (UNKNOWN_TABLE)'); // biome-ignore format: short
  t.equal(describeStoreError(said('1234', undefined)), 'ClickHouse: words (code 1234)');
  t.equal(describeStoreError(withCode('ECONNREFUSED')), 'ClickHouse cannot be reached: ECONNREFUSED');
  t.equal(
    describeStoreError(withCode('X', 'connect ECONNREFUSED 127.0.0.1:1')),
    'ClickHouse cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
  );
  t.equal(describeStoreError(new AggregateError([])), 'ClickHouse cannot be reached: AggregateError');
  t.equal(describeStoreError('odd'), 'odd');
  t.equal(describeStoreError(new ConfigError('--db is wrong')), '--db is wrong');
});

t.test('errors as the client makes them from what comes over HTTP', async (t) => {
  const proxy = { status: 502, body: '<html>Bad Gateway</html>' };
  const answers = [
    refusal(60, 'UNKNOWN_TABLE', 'no table'),
    refusal(252, 'TOO_MANY_PARTS'),
    'hang up',
    proxy,
  ] as const;
  const fake = await startFakeClickHouse(t, (_, number) => answers[number - 1] ?? {});
  const kinds: string[] = [];
  const texts: string[] = [];
  for (const _ of answers) {
    const error: unknown = await fake.client.command({ query: 'SELECT 1' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    kinds.push(classifyStoreError(error));
    texts.push(describeStoreError(error));
  }
  t.same(kinds, ['operator', 'overloaded', 'away', 'away']);
  t.match(texts, [/^ClickHouse: no table \(UNKNOWN_TABLE\)$/, /TOO_MANY_PARTS/, /hang up/, /Bad Gateway/]);
  for (const text of texts) t.notMatch(text, /secret-word|\n/);
});
