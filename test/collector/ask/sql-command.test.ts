import { PassThrough, Readable, Writable } from 'node:stream';
import t from 'tap';
import { runSql, type SqlOptions } from '../../../collector/ask/sql-command.ts';
import type { Output } from '../../../collector/ask/write-output.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startTestStore } from '../../support/test-store.ts';

const memory = (
  terminal: Pick<Output, 'isTTY' | 'columns'> = {},
): Output & { readonly text: () => string } => {
  const stream = new PassThrough({ highWaterMark: 1 << 26 });
  return Object.assign(stream, terminal, { text: () => String(stream.read() ?? '') });
};

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const ask = async (
  options: Partial<SqlOptions> & Pick<SqlOptions, 'dataDir'>,
  terminal?: Pick<Output, 'isTTY' | 'columns'>,
): Promise<Said> => {
  const [out, err] = [memory(terminal), memory()];
  const complete = { query: undefined, environment: {}, input: Readable.from([]), ...options };
  const status = await runSql(complete, out, err);
  return { status, out: out.text(), err: err.text() };
};

t.test('a real server', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { dataDir, client, sql } = await startTestStore(t);
  await client.command({ query: 'CREATE TABLE a (addr IPv6, n UInt64) ENGINE = MergeTree ORDER BY n' });
  await client.command({
    query: "INSERT INTO a VALUES ('192.0.2.1', 18446744073709551615), ('2001:db8::1', 5)",
  });
  const query = 'SELECT addr, n FROM a ORDER BY n';

  await t.test('lines for programs, a table for people', async (t) => {
    t.same(await ask({ dataDir, query }), {
      status: 0,
      out: 'addr\tn\n2001:db8::1\t5\n192.0.2.1\t18446744073709551615\n',
      err: '',
    });
    const plain = { NO_COLOR: '1' };
    t.same(
      (await ask({ dataDir, query, environment: plain }, { isTTY: true, columns: 80 })).out.split('\n'),
      [
        'addr                            n',
        '-----------  --------------------',
        '2001:db8::1                     5',
        '192.0.2.1    18446744073709551615',
        '',
      ],
    );
    t.match((await ask({ dataDir, query }, { isTTY: true })).out, '\u001b[1maddr');
    t.match((await ask({ dataDir, query }, { isTTY: true, columns: 10 })).out, /^-- 1\n/);
  });

  await t.test('any format, by option or in the query', async (t) => {
    t.equal((await ask({ dataDir, query, format: 'CSV' })).out, '"2001:db8::1",5\n"::ffff:192.0.2.1",18446744073709551615\n'); // biome-ignore format: short
    const inQuery = await ask({ dataDir, query: `${query} FORMAT JSONEachRow` }, { isTTY: true });
    t.match(inQuery.out, /^\{"addr":"2001:db8::1","n":"?5"?\}\n\{/);
    t.match(await ask({ dataDir, query, format: 'Nonsense' }), { status: 1, out: '', err: /Nonsense/ });
  });

  await t.test('from standard input', async (t) => {
    const input = (): Readable => Readable.from([Buffer.from('SELECT '), Buffer.from("'é' AS x;\n")]);
    t.match(await ask({ dataDir, input: input() }), { status: 0, out: 'x\né\n' });
    t.match(await ask({ dataDir, query: '-', input: input() }), { status: 0, out: 'x\né\n' });
    t.same(await ask({ dataDir, input: Readable.from([Buffer.from(' \n')]) }), {
      status: 1,
      out: '',
      err: 'no query: give one as an argument or on standard input\n',
    });
  });

  await t.test('errors are one message and status 1', async (t) => {
    const wrong = await ask({ dataDir, query: 'SELECT x FROM nowhere' });
    t.match(wrong, { status: 1, out: '', err: /nowhere.*\(UNKNOWN_TABLE\)\n$/s });
    t.notMatch(wrong.err, /Code:|version|\n\s*at /);
    const late = await ask({
      dataDir,
      query: "SELECT throwIf(number = 9, 'stop') FROM numbers(10) SETTINGS max_block_size = 1",
    });
    t.match(late, { status: 1, err: /stop.*NON_ZERO\)\n$/s });
  });

  await t.test('nothing is changed, except by those who may', async (t) => {
    const insert = "INSERT INTO a VALUES ('::', 1)";
    t.match(await ask({ dataDir, query: insert }), { status: 1, err: /READONLY|ACCESS_DENIED/ });
    t.match(await ask({ dataDir, query: 'DROP TABLE a' }), { status: 1, err: /READONLY|ACCESS_DENIED/ });
    t.same(await sql('SELECT count() AS n FROM a'), [{ n: '2' }]);
    t.match(await ask({ dataDir, query: insert, write: true }), { status: 0, out: '', err: '' });
    t.same(await sql('SELECT count() AS n FROM a'), [{ n: '3' }]);
    t.match(await ask({ dataDir, query: 'SELECT 1 AS x SETTINGS max_threads = 1' }), {
      status: 0,
      out: 'x\n1\n',
    });
  });

  await t.test('a reader that has seen enough ends it', async (t) => {
    for (const format of [undefined, 'TabSeparated']) {
      let seen = 0;
      const out = new Writable({
        write(chunk: Buffer, _encoding, done) {
          seen += chunk.length;
          done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
        },
      });
      const err = memory();
      const options = { dataDir, environment: {}, input: Readable.from([]), format };
      const status = await runSql({ ...options, query: 'SELECT number FROM numbers(100000000)' }, out, err);
      t.same([status, err.text()], [0, '']);
      t.ok(seen > 0 && seen < 1 << 20, `${seen} octets were written`);
    }
  });
});

t.test('nobody is there', async (t) => {
  const dataDir = temporaryDirectory(t);
  await t.rejects(ask({ dataDir, query: 'SELECT 1' }), {
    name: 'ConfigError',
    message: /^no collector is running on /,
  });
  await t.rejects(ask({ dataDir, query: 'SELECT 1', clickhouse: 'nonsense' }), ConfigError);
  const gone = await ask({ dataDir, query: 'SELECT 1', clickhouse: 'http://u:secret-word@127.0.0.1:1' });
  t.match(gone, { status: 1, out: '', err: /^ClickHouse cannot be reached: .*ECONNREFUSED.*\n$/ });
  t.notMatch(gone.err, 'secret-word');
});

t.test('a server that hangs up', async (t) => {
  const fake = await startFakeClickHouse(t, () => 'hang up');
  const said = await ask({ dataDir: '.', query: 'SELECT 1', clickhouse: fake.url });
  t.match(said, { status: 1, out: '', err: /^ClickHouse cannot be reached: .+\n$/ });
});
