import t from 'tap';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { type CommandProcess, runCommand } from '../../../shared/service/run-command.ts';

const makeProcess = (): CommandProcess & { said: string } => {
  const process = {
    said: '',
    exitCode: undefined,
    stderr: { write: (text: string) => (process.said += text) },
  };
  return process;
};

t.test('the number of a command is the exit status', async (t) => {
  const process = makeProcess();
  await runCommand(process, async () => 3);
  t.equal(process.exitCode, 3);
  t.equal(process.said, '');
});

t.test('what the operator did wrong is a line a problem, and 2', async (t) => {
  const process = makeProcess();
  await runCommand(process, () => Promise.reject(new ConfigError('--to is missing\n--mtu 5: too small')));
  t.equal(process.exitCode, 2);
  t.equal(process.said, 'flowledger: --to is missing\nflowledger: --mtu 5: too small\n');
});

t.test('what we did wrong goes on with its stack', async (t) => {
  await t.rejects(
    runCommand(makeProcess(), () => Promise.reject(new TypeError('ours'))),
    TypeError,
  );
});
