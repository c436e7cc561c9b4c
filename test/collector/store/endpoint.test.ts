import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findEndpoint, removeEndpoint, writeEndpoint } from '../../../collector/store/endpoint.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const endpoint = {
  url: 'http://127.0.0.1:8123',
  database: 'flowledger',
  serverPid: 4,
  collectorPid: process.pid,
} as const;

t.test('written, found, removed', async (t) => {
  const directory = temporaryDirectory(t);
  t.equal(findEndpoint(directory), undefined);
  writeEndpoint(directory, endpoint);
  t.same(findEndpoint(directory), endpoint);
  t.equal(statSync(join(directory, 'endpoint.json')).mode & 0o777, 0o600);
  removeEndpoint(directory);
  t.equal(findEndpoint(directory), undefined);
  t.doesNotThrow(() => removeEndpoint(directory), 'twice is no error');
});

t.test('what a collector that is gone has left does not count', async (t) => {
  const directory = temporaryDirectory(t);
  const child = spawn(process.execPath, ['-e', '']);
  const collectorPid = child.pid ?? 0;
  await once(child, 'exit');
  writeEndpoint(directory, { ...endpoint, collectorPid });
  t.equal(findEndpoint(directory), undefined);
});

t.test('a collector of another user counts', async (t) => {
  const directory = temporaryDirectory(t);
  writeEndpoint(directory, { ...endpoint, collectorPid: 1 });
  t.equal(findEndpoint(directory)?.collectorPid, 1);
});

t.test('files of another kind are none', async (t) => {
  const directory = temporaryDirectory(t);
  const broken = ['', '{', '[]', '{}', JSON.stringify({ ...endpoint, url: 1 }), JSON.stringify({ ...endpoint, collectorPid: '1' })]; // biome-ignore format: short
  for (const text of broken) {
    writeFileSync(join(directory, 'endpoint.json'), text);
    t.equal(findEndpoint(directory), undefined, text);
  }
});
