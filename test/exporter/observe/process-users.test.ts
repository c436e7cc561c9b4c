import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ProcessUsers } from '../../../exporter/observe/process-users.ts';

t.test('names of users, read again when they change', (t) => {
  const path = join(
    t.testdir({ passwd: 'root:x:0:0::/:/bin/sh\nwww:x:33:33\ntoor:x:0:0\n\n+::::::\n' }),
    'passwd',
  );
  const users = new ProcessUsers(path);
  t.equal(users.nameOf(0, 0), 'root', 'the first one');
  t.equal(users.nameOf(33, 0), 'www');
  t.equal(users.nameOf(34, 0), '');
  writeFileSync(path, 'me:x:34:34\n');
  utimesSync(path, 1, 1);
  t.equal(users.nameOf(34, 1000), '', 'not looked at again at once');
  t.equal(users.nameOf(34, 6000), 'me');
  t.equal(users.nameOf(33, 6000), '');
  rmSync(path);
  t.equal(users.nameOf(34, 20_000), 'me', 'what was known stays');
  t.equal(new ProcessUsers(path).nameOf(0, 0), '');
  t.end();
});
