import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pcapBytes } from '../support/capture-builder.ts';
import { ethernet, ip, tcp, udp } from '../support/mixed-packets.ts';
import { builtCli, cleanEnvironment, runCli } from '../support/run-cli.ts';

const ends = { src: '10.1.0.1', dst: '192.0.2.9' };
const capture = pcapBytes([
  ethernet(0x0800, ip({ ...ends, protocol: 17 }, udp(1, 9))),
  ethernet(0x0800, ip({ ...ends, protocol: 6 }, tcp(2, 9, 2))),
]);
/** The header, and the second packet of 16 + 54 octets. */
const second = Buffer.concat([capture.subarray(0, 24), capture.subarray(-70)]);

t.test('the built command', async (t) => {
  const folder = t.testdir();
  const [input, out] = [join(folder, 'in.pcap'), join(folder, 'out.pcap')];
  writeFileSync(input, capture);
  const connection = 'tcp 192.0.2.9:9 10.1.0.1:2';
  const { exitCode, stderr } = await runCli(['extract', input, '--connection', connection, '--out', out]);
  t.equal(exitCode, 0, stderr);
  t.match(stderr, /taken {2}1 packet, 94 B/);
  t.ok(readFileSync(out).equals(second));
});

t.test('from standard input to standard output', async (t) => {
  const words = [builtCli, 'extract', '-', '--filter', 'tcp', '--out', '-'];
  const options = { input: capture, env: cleanEnvironment(), stdio: ['pipe', 'pipe', 'ignore'] as const };
  t.ok(
    execFileSync(process.execPath, words, { ...options, stdio: ['pipe', 'pipe', 'ignore'] }).equals(second),
  );
});

t.test('a file that is read through a redirection is not written over', async (t) => {
  const input = join(t.testdir(), 'in.pcap');
  writeFileSync(input, capture);
  const command = '"$0" "$1" extract - --out "$2" < "$2"; echo $?';
  const said = execFileSync('sh', ['-c', command, process.execPath, builtCli, input], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.equal(said.toString(), '2\n');
  t.same(new Uint8Array(readFileSync(input)), capture);
});

t.test('mistakes', async (t) => {
  const missing = await runCli(['extract', 'x.pcap']);
  t.equal(missing.exitCode, 2);
  t.match(missing.stderr, /--out <file>/);
  const none = await runCli(['extract', '/nowhere/x.pcap', '--out', '/nowhere/y.pcap']);
  t.equal(none.exitCode, 2);
  t.match(none.stderr, 'flowledger: /nowhere/x.pcap: there is no such file');
});
