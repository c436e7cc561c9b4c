import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { runJournalShow, type ShowOptions } from '../../../collector/journal-tools/show-frames.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { type BuiltChunk, buildJournal } from '../../support/journal-builder.ts';
import { ipfixSample, netflow5Sample, netflow9Sample } from '../../support/message-samples.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const collector = () => {
  const collected = { text: '', stream: new Writable() };
  collected.stream._write = (chunk, _encoding, done) => {
    collected.text += chunk;
    done();
  };
  return collected;
};

const show = async (directory: string, options: Partial<ShowOptions> = {}) => {
  const [out, err] = [collector(), collector()];
  const status = await runJournalShow({ directory, json: false, ...options }, out.stream, err.stream);
  return { status, lines: out.text.split('\n').slice(0, -1), err: err.text };
};

const start = 1_704_067_200_000_000;
const build = (t: Test, times = 1) =>
  buildJournal(
    temporaryDirectory(t),
    Array.from({ length: times }, (_, i) => 4 * i).flatMap((i) => [
      { payload: netflow5Sample, address: '192.0.2.1', port: 50000, micros: start + i },
      { payload: netflow9Sample, address: '192.0.2.2', port: 50001, localPort: 4739, micros: start + i + 1 },
      { control: { kernelDrops: 3 }, micros: start + i + 2 },
      { payload: ipfixSample, address: '2001:db8::1', port: 50002, micros: start + i + 3 },
    ]),
    { chunkEvery: 2 },
  );

t.test('a line a frame', async (t) => {
  const { directory } = build(t);
  const { status, lines, err } = await show(directory);
  t.same([status, err], [0, '4 frames\n']);
  t.match(lines, [
    /^2024-01-01T00:00:00\.000000Z {2}192\.0\.2\.1:50000 +-> 2055 .* NetFlow v5 {2}domain /,
    /^2024-01-01T00:00:00\.000001Z {2}192\.0\.2\.2:50001 +-> 4739 .* NetFlow v9 /,
    /^2024-01-01T00:00:00\.000002Z {2}lost: 3 datagrams dropped by the kernel$/,
    /^2024-01-01T00:00:00\.000003Z {2}\[2001:db8::1\]:50002 +-> 2055 .* IPFIX /,
  ]);
});

t.test('as JSON, and only some', async (t) => {
  const { directory } = build(t);
  const { lines } = await show(directory, { json: true, payload: true, exporter: '192.0.2.2' });
  const payload = Buffer.from(netflow9Sample).toString('hex');
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ exporter: '192.0.2.2', version: 9, payload }],
  );
  t.equal((await show(directory, { limit: 2 })).lines.length, 2);
  t.match(await show(directory, { limit: 0 }), { lines: [], err: '0 frames\n' });
  t.match(await show(directory, { from: start + 1, to: start + 2 }), { err: '1 frame\n' });
  t.equal(JSON.parse((await show(directory, { json: true })).lines[0] ?? '').payload, undefined);
});

t.test('damage is said, and no failure', async (t) => {
  const { directory, chunks } = build(t);
  const { path, offset, usedBytes } = chunks[0] as BuiltChunk;
  const bytes = readFileSync(path);
  bytes[offset + 40] = 1;
  writeFileSync(path, bytes);
  const { status, lines, err } = await show(directory);
  t.same([status, lines.length], [0, 2]);
  t.match(
    err,
    new RegExp(`^damaged: .*${usedBytes}.*\n2 frames; passed over: ${usedBytes} octets in 1 place\n$`),
  );
});

t.test('what cannot be done', async (t) => {
  await t.rejects(show(`${temporaryDirectory(t)}/x`), ConfigError);
  const full = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
  });
  const err = collector();
  t.equal(await runJournalShow({ directory: build(t).directory, json: true }, full, err.stream), 1);
  t.match(err.text, 'cannot write: no space left\n');
});

t.test('a reader that goes away ends it quietly', async (t) => {
  const { directory } = build(t, 2000);
  const source = new URL('../../../collector/journal-tools/show-frames.ts', import.meta.url);
  const program = `
    import { runJournalShow } from ${JSON.stringify(source.href)};
    const options = { directory: ${JSON.stringify(directory)}, json: false };
    process.exitCode = await runJournalShow(options, process.stdout, process.stderr);`;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  t.same([status, err], [0, '']);
});
