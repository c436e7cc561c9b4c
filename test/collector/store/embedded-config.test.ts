import { createHash } from 'node:crypto';
import t from 'tap';
import { makeEmbeddedConfig } from '../../../collector/store/embedded-config.ts';

const config = (more: Partial<Parameters<typeof makeEmbeddedConfig>[0]> = {}): string =>
  makeEmbeddedConfig({
    configFile: '/data/clickhouse.xml',
    password: 'owner-secret',
    readerPassword: 'reader-secret',
    memoryBytes: 1234567890,
    ...more,
  });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const between = (text: string, tag: string): string =>
  new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text)?.[1] ?? '';

t.test('passwords are there as hashes only', async (t) => {
  const text = config();
  t.notMatch(text, 'owner-secret');
  t.notMatch(text, 'reader-secret');
  t.equal(between(between(text, 'flowledger'), 'password_sha256_hex'), sha256('owner-secret'));
  t.equal(between(between(between(text, 'users'), 'reader'), 'password_sha256_hex'), sha256('reader-secret'));
});

t.test('the user without password comes from this machine only, and has a quota', async (t) => {
  const user = between(between(config(), 'users'), 'default');
  t.equal(between(user, 'networks'), '<ip>127.0.0.1</ip>');
  t.equal(between(user, 'quota'), 'start');
  t.notMatch(between(user, 'grants'), /SELECT|INSERT|ALTER|ON \*\.\* WITH|GRANT ALL/);
});

t.test('the reader changes no data', async (t) => {
  const text = config();
  const user = between(between(text, 'users'), 'reader');
  t.equal(between(user, 'profile'), 'reader');
  t.equal(between(between(between(text, 'profiles'), 'reader'), 'readonly'), '2');
  t.notMatch(between(user, 'grants'), /INSERT|ALTER|DROP|CREATE TABLE|FILE|URL/);
});

t.test('memory and the place of the file', async (t) => {
  t.equal(between(config(), 'max_server_memory_usage'), '1234567890');
  t.equal(between(config(), 'users_config'), '/data/clickhouse.xml');
  t.equal(between(config({ configFile: `/a<b>&"c'` }), 'users_config'), '/a&#60;b&#62;&#38;&#34;c&#39;');
});

t.test('every tag is closed where it must be', async (t) => {
  const open: string[] = [];
  for (const [, close, name = ''] of config().matchAll(/<(\/?)([\w]+)>/g)) {
    if (close === '') open.push(name);
    else t.equal(open.pop(), name);
  }
  t.same(open, []);
});
