import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  connect,
  findOwnServer,
  parseClickHouseUrl,
  quoteIdentifier,
  quoteText,
} from '../../../collector/store/connection.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

t.test('a URL that says all', async (t) => {
  t.same(
    parseClickHouseUrl('https://me:p%40ss%2Fw%3A@ch.example:9999/my%20flows', { CLICKHOUSE_USER: 'other' }),
    {
      url: 'https://ch.example:9999',
      user: 'me',
      password: 'p@ss/w:',
      database: 'my flows',
    },
  );
});

t.test('what it does not say comes from the environment, then from the defaults', async (t) => {
  t.same(parseClickHouseUrl('http://ch', {}), {
    url: 'http://ch:8123',
    user: 'default',
    password: '',
    database: 'flowledger',
  });
  const environment = { CLICKHOUSE_USER: 'env', CLICKHOUSE_PASSWORD: 'pw', CLICKHOUSE_DATABASE: 'db' };
  t.same(parseClickHouseUrl('https://ch/', environment), {
    url: 'https://ch:8443',
    user: 'env',
    password: 'pw',
    database: 'db',
  });
  t.match(parseClickHouseUrl('http://only@ch/x/', environment), {
    user: 'only',
    password: 'pw',
    database: 'x',
  });
});

t.test('hosts and ports of every form', async (t) => {
  t.equal(parseClickHouseUrl('http://[2001:db8::1]', {}).url, 'http://[2001:db8::1]:8123');
  t.equal(parseClickHouseUrl('http://[::1]:80/x', {}).url, 'http://[::1]:80');
  t.equal(parseClickHouseUrl('https://u:443@ch.example:443', {}).url, 'https://ch.example:443');
  t.equal(parseClickHouseUrl('https://u:443@ch.example', {}).url, 'https://ch.example:8443');
  t.equal(parseClickHouseUrl('http://10.0.0.1:8124', {}).url, 'http://10.0.0.1:8124');
  t.match(
    parseClickHouseUrl('http://u:100%25%@ch', {}),
    { password: '100%25%' },
    'no percent code stays as it is',
  );
});

t.test('a certificate file', async (t) => {
  const file = join(temporaryDirectory(t), 'ca.pem');
  t.throws(() => parseClickHouseUrl('https://ch', { CLICKHOUSE_CA_FILE: file }), new ConfigError(`CLICKHOUSE_CA_FILE ${file}: ENOENT`)); // biome-ignore format: short
  writeFileSync(file, 'PEM');
  t.same(parseClickHouseUrl('https://ch', { CLICKHOUSE_CA_FILE: file }).caCertificate, Buffer.from('PEM'));
});

t.test('what is refused, without the password', async (t) => {
  const wrong = {
    'localhost:8123': /is not supported/,
    'no url secret-word': /not a URL/,
    'http://u:secret-word@': /not a URL/,
    'http://u:secret-word@host:99999/': /not a URL/,
    'tcp://u:secret-word@ch:9000': /^--clickhouse: tcp:\/\/ is not supported, use http/,
    'clickhouse://u:secret-word@ch': /is not supported/,
    'http://u:secret-word@ch/a/b': /one database, not \/a\/b/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    try {
      parseClickHouseUrl(text, {});
      t.fail(text);
    } catch (error) {
      t.ok(error instanceof ConfigError, text);
      t.match((error as Error).message, message);
      t.notMatch((error as Error).message, 'secret-word');
    }
  }
});

t.test('the option goes before CLICKHOUSE_URL; without both it is the embedded one', async (t) => {
  const environment = { CLICKHOUSE_URL: 'http://env' };
  t.equal(findOwnServer('http://opt', environment)?.url, 'http://opt:8123');
  t.equal(findOwnServer(undefined, environment)?.url, 'http://env:8123');
  t.equal(findOwnServer(undefined, {}), undefined);
  t.equal(findOwnServer(undefined, { CLICKHOUSE_URL: '' }), undefined);
});

t.test('quoting', async (t) => {
  t.equal(quoteIdentifier('flows'), '`flows`');
  t.equal(quoteIdentifier('a`b\\c'), '`a\\`b\\\\c`');
  t.equal(quoteText("it's \\n"), "'it\\'s \\\\n'");
});

t.test('a client says who it is and which database it means, and prints nothing of its own', async (t) => {
  const fake = await startFakeClickHouse(t, () => ({}));
  const client = connect({ url: fake.url, user: 'ü', password: 'pw', database: 'my flows' });
  t.teardown(() => client.close());
  await client.command({ query: 'SELECT 1' });
  const [request] = fake.requests;
  t.equal(request?.parameters.get('database'), 'my flows');
  const { authorization } = request?.headers ?? {};
  t.equal(authorization, `Basic ${Buffer.from('ü:pw').toString('base64')}`);
  t.match(request?.headers['user-agent'], /flowledger/);
});
