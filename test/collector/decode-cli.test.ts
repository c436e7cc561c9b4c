import t from 'tap';
import { decodeCommand } from '../../collector/decode-cli.ts';
import { runCli } from '../support/run-cli.ts';

t.test('options, and what they may be', async (t) => {
  t.same(
    decodeCommand().options.map(({ long }) => long),
    ['--format', '--port', '--summary'],
  );
  const wrong = await runCli(['decode', 'x.pcap', '--format', 'xml']);
  t.equal(wrong.exitCode, 2);
  t.match(wrong.stderr, /json, table/);
});
