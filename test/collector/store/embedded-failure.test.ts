import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { explainFailure } from '../../../collector/store/embedded-failure.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const locked =
  'Code: 76. DB::Exception: Cannot lock file /d/clickhouse/status. Another server instance in same directory is already running. (CANNOT_OPEN_FILE) (version 26.7.2.1)\n';

t.test('a directory that another process holds', async (t) => {
  const directory = temporaryDirectory(t);
  const failure = explainFailure(locked, directory, 8123);
  t.equal(failure.kind, 'held');
  t.match(failure.message, `data directory ${directory} is in use by another process`);
  writeFileSync(join(directory, 'status'), 'PID: 4711\nStarted at: 2026-01-02 03:04:05\nRevision: 1\n');
  t.match(explainFailure(locked, directory, 8123).message, 'is in use by another ClickHouse (pid 4711)');
  writeFileSync(join(directory, 'status'), 'nonsense');
  t.match(explainFailure(locked, directory, 8123).message, 'is in use by another process');
});

t.test('a port that another process has', async (t) => {
  const said =
    'Code: 210. DB::Exception: Listen [127.0.0.1]:8123 failed: Address already in use: 127.0.0.1:8123';
  t.same(explainFailure(said, '/d', 8123), {
    kind: 'port',
    message: 'port 8123 on 127.0.0.1, meant for ClickHouse, is taken by another process',
  });
});

t.test('anything else in the words of the server, without code and version', async (t) => {
  const said = [
    'a line before',
    'Code: 36. DB::Exception: first. (BAD_ARGUMENTS) (version 26.7.2.1 (official build))',
    'Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE) (version 26.7.2.1)',
    '',
  ].join('\n');
  t.same(explainFailure(said, '/d', 1), {
    kind: 'other',
    message:
      'the embedded ClickHouse ended at once: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)',
  });
});

t.test('no exception: its last line, or that there is none', async (t) => {
  t.match(
    explainFailure('one\nlibchdb.so: cannot open shared object file\n', '/d', 1).message,
    /: libchdb\.so: cannot/,
  );
  t.match(explainFailure(' \n', '/d', 1).message, /ended at once: it said nothing$/);
});
