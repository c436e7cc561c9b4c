import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadReadState, type ReadState, saveReadState } from '../../../exporter/observe/read-state.ts';

const state: ReadState = {
  path: '/var/log/ulogd.json',
  identity: { device: '64768', inode: '9007199254740993' },
  position: 12_345,
  line: 67,
  headBytes: 1024,
  headHash: 'ab'.repeat(32),
};

t.test('it comes back as it was saved, and nothing else is left', async (t) => {
  const file = join(t.testdir(), 'state');
  t.equal(await loadReadState(file, state.path), undefined);
  await saveReadState(file, state);
  await saveReadState(file, { ...state, position: 12_346 });
  t.same(await loadReadState(file, state.path), { ...state, position: 12_346 });
  t.notOk(existsSync(`${file}.tmp`));
});

t.test('a state of another log, or what is no state, is refused', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'state');
  await saveReadState(file, state);
  const refusal = (message: RegExp) => ({ name: 'ConfigError', message });
  await t.rejects(
    loadReadState(file, '/var/log/other.json'),
    refusal(
      /^--state .*: it is the position in \/var\/log\/ulogd\.json, and not in \/var\/log\/other\.json$/,
    ),
  );
  const good = readFileSync(file, 'utf8');
  for (const text of [
    '',
    'null',
    '17',
    '{}',
    good.replace('12345', '-1'),
    good.replace('"version":1', '"version":2'),
  ]) {
    writeFileSync(file, text);
    await t.rejects(loadReadState(file, state.path), refusal(/it says no position that we know/), text);
  }
  await t.rejects(loadReadState(folder, state.path), refusal(/--state .*EISDIR/));
});
