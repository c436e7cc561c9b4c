import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NativeBlockMaker } from '../../../collector/store/native-block.ts';
import { Quarantine, type QuarantinedPiece } from '../../../collector/store/quarantine.ts';
import { numberedRows, rigColumns, startExactRig } from '../../support/exact-rig.ts';
import { keepRows } from '../../support/kept-rows.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const block = new NativeBlockMaker(rigColumns, { collector: 'c-1' }).make(numberedRows('x', 0, 3).batch);
const piece = (more: Partial<QuarantinedPiece> = {}): QuarantinedPiece => ({
  ...{ token: 'run-0-99', from: 7, rows: 3, reason: 'no', block },
  ...{ firstMicros: 1_700_000_000_000_001, lastMicros: 1_700_000_000_999_999, ...more },
});
const openQuarantine = (t: Test, more: object = {}) => {
  const directory = join(temporaryDirectory(t), 'a', 'quarantine');
  const kept = keepRows();
  const options = { directory, rowWriter: kept.writer, collector: 'c-1', ...more };
  return { directory, kept, quarantine: new Quarantine(options), again: () => new Quarantine(options) };
};

t.test('a file with the rows, a row that tells of them, and counters', async (t) => {
  const { directory, kept, quarantine } = openQuarantine(t);
  await quarantine.keep(piece());
  const path = join(directory, 'run-0-99.7.native');
  t.ok(readFileSync(path).equals(Buffer.concat(block.buffers)));
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.same(kept.rows, [
    {
      table: 'quarantine',
      collector: 'c-1',
      first_received: '1700000000.000001',
      last_received: '1700000000.999999',
      rows: 3,
      reason: 'no',
      file: path,
    },
  ]);
  await quarantine.keep(piece({ token: 'other', reason: 'x'.repeat(9999) }));
  t.equal(String(kept.rows[1]?.reason).length, 2000);
  t.same([quarantine.rows, quarantine.pieces, quarantine.problem], [6, 2, undefined]);
});

t.test('no directory, no file', async (t) => {
  const { kept, quarantine } = openQuarantine(t, { directory: undefined });
  await quarantine.forget('run-0-99');
  await quarantine.keep(piece());
  t.match(kept.rows, [{ rows: 3, file: '' }]);
  t.same([quarantine.rows, quarantine.problem], [3, undefined]);
});

t.test(
  'files and octets are limited, with those of earlier runs; past that rows are counted only',
  async (t) => {
    for (const limits of [{ maxFiles: 2 }, { maxBytes: 2 * block.lengthBytes }]) {
      const { directory, kept, quarantine, again } = openQuarantine(t, limits);
      await quarantine.keep(piece({ from: 0 }));
      const next = again();
      await next.keep(piece({ from: 1 }));
      await next.keep(piece({ from: 2 }));
      t.same(readdirSync(directory).sort(), ['run-0-99.0.native', 'run-0-99.1.native']);
      t.equal(kept.rows[2]?.file, '');
      t.same([next.rows, next.pieces], [6, 2]);
      t.match(next.problem, 'is full');
      await next.forget('run-0-99');
      await next.keep(piece({ from: 3 }));
      t.same(readdirSync(directory), ['run-0-99.3.native'], 'there is room again');
    }
  },
);

t.test('what an earlier run kept of a batch is removed, and nothing else', async (t) => {
  const { directory, quarantine } = openQuarantine(t);
  mkdirSync(directory, { recursive: true });
  const others = ['run-0-9.1.native', 'run-0-999.1.native', 'run-0-99', 'notes.txt'];
  for (const name of [...others, 'run-0-99.1.native', 'run-0-99.400.native'])
    writeFileSync(join(directory, name), 'x');
  await quarantine.forget('run-0-99');
  t.same(readdirSync(directory).sort(), [...others].sort());
});

t.test('a disk that fails is told of, and the rows are counted', async (t) => {
  const { directory, kept, quarantine } = openQuarantine(t);
  mkdirSync(join(directory, '..'), { recursive: true });
  writeFileSync(directory, 'a file');
  await quarantine.forget('run-0-99');
  await quarantine.keep(piece());
  t.match(quarantine.problem, /EEXIST|ENOTDIR/);
  t.match(kept.rows, [{ rows: 3, file: '' }]);
  t.equal(quarantine.rows, 3);
  t.ok(existsSync(directory));
});

t.test('a real server takes the row', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startExactRig(t);
  await rig.quarantine.keep(piece({ firstMicros: Date.now() * 1000 + 1, lastMicros: 1_700_000_000_000_456 }));
  await rig.rowWriter.flush();
  t.equal(rig.rowWriter.problem, undefined);
  t.same(
    await rig.store.sql(
      `SELECT collector, toUnixTimestamp64Micro(first_received) % 1000 AS first, toUnixTimestamp64Micro(last_received) AS last,
         rows, reason, file, dateDiff('minute', at, now()) < 5 AS recent FROM quarantine`,
    ),
    [
      {
        ...{ collector: 'c-1', first: '1', last: '1700000000000456', rows: 3, reason: 'no', recent: 1 },
        file: join(rig.quarantineDir, 'run-0-99.7.native'),
      },
    ],
  );
});
