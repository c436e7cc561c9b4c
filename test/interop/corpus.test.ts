/** Captures of other people's exporters, decoded by the command, against what other collectors made of them. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { hasPeers, peerPath } from '../support/peers.ts';
import { assertBuilt, builtCli } from '../support/run-cli.ts';

const shared = resolve(fileURLToPath(new URL('../..', import.meta.url)), '../shared');
const checker = resolve(shared, 'tools/check_corpus.py');

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

const runChecker = (): Promise<Outcome> =>
  new Promise((done) => {
    const command = [process.execPath, builtCli, 'decode', '{}', '--format', 'json'];
    execFile(
      peerPath('python3'),
      [checker, '--jobs', '2', '--', ...command],
      { maxBuffer: 64 << 20 },
      (error, stdout, stderr) =>
        done({ exitCode: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });

t.test('the corpus', async (t) => {
  if (!existsSync(checker)) {
    // Optional, also in CI: it is not part of the project.
    t.pass('there is no ../shared/corpus', { skip: 'there is no ../shared/corpus' });
    return;
  }
  if (!hasPeers(t, 'python3')) return;
  assertBuilt();
  const { exitCode, output } = await runChecker();
  t.equal(exitCode, 0, 'all captures are right');
  const said =
    /^captures: (\d+) ok, (\d+) failed, .*; records: (\d+)\/(\d+) matched; fields: (\d+)\/(\d+) equal/m.exec(
      output,
    );
  const [ok = 0, failed = -1, matched, records, equal, fields] = (said ?? []).slice(1).map(Number);
  t.equal(failed, 0, output);
  t.ok(ok > 0, `${ok} captures`);
  t.equal(matched, records, `${matched} records that goldens have`);
  t.equal(equal, fields, `${equal} fields that goldens have`);
});
