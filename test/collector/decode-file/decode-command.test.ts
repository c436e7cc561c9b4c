import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type DecodeOptions, runDecode } from '../../../collector/decode-file/decode-command.ts';
import { pcapOfDatagrams } from '../../support/capture-builder.ts';
import {
  brokenSample,
  ipfixDataSample,
  ipfixSample,
  netflow5Sample,
  netflow9Sample,
} from '../../support/message-samples.ts';

const capture = pcapOfDatagrams(netflow5Sample, ipfixDataSample, netflow9Sample, ipfixSample, brokenSample);

const collector = () => {
  const collected = { text: '', stream: new Writable() };
  collected.stream._write = (chunk, _encoding, done) => {
    collected.text += chunk;
    done();
  };
  return collected;
};

const decode = async (file: string, options: Partial<DecodeOptions> = {}) => {
  const [out, err] = [collector(), collector()];
  const status = await runDecode(
    { file, format: 'json', port: undefined, summary: 'text', ...options },
    out.stream,
    err.stream,
  );
  return { status, out: out.text, err: err.text };
};

const fileOf = (t: { testdir(): string }, bytes: Uint8Array): string => {
  const path = join(t.testdir(), 'file.pcap');
  writeFileSync(path, bytes);
  return path;
};

t.test('a capture with all versions, faults included', async (t) => {
  const { status, out, err } = await decode(fileOf(t, capture));
  t.equal(status, 0);
  const records = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(
    records.map((r) => [r._datagram, r._version, r._kind]),
    [
      [0, 5, 'flow'],
      [2, 9, 'options'],
      [1, 10, 'flow'],
      [1, 10, 'flow'],
      [3, 10, 'flow'],
      [3, 10, 'flow'],
    ],
  );
  t.match(
    err,
    /^5 datagrams, 5 flow records, 1 options record, 3 Template Records\nnot decoded: set-length 1 /,
  );
  t.equal((await decode(fileOf(t, gzipSync(capture)))).out, out, 'gzipped');
});

t.test('a summary for programs, and a restriction to one port', async (t) => {
  const { err } = await decode(fileOf(t, capture), { summary: 'json' });
  t.match(JSON.parse(err), { datagrams: 5, records: { flow: 5, options: 1 }, reasons: { 'set-length': 1 } });
  t.match(await decode(fileOf(t, capture), { port: 2055 }), { err: /^5 datagrams/ });
  t.match(await decode(fileOf(t, capture), { port: 9995 }), {
    status: 0,
    out: '',
    err: /^5 packets, none of them NetFlow/,
  });
});

t.test('as a table', async (t) => {
  const { out } = await decode(fileOf(t, capture), { format: 'table' });
  t.equal(out.match(/^datagram \d/gm)?.length, 5);
  t.match(out, '  Template 256 (new): 4 fields');
});

t.test('files that are no captures', async (t) => {
  const none = join(t.testdir(), 'none');
  t.same(await decode(none), { status: 1, out: '', err: `${none}: there is no such file\n` });
  const text = fileOf(t, Buffer.from('SELECT 1'));
  t.same(await decode(text), {
    status: 1,
    out: '',
    err: `${text}: this is no capture: neither pcap nor pcapng (at octet 0)\n`,
  });
  t.match(await decode(t.testdir()), { status: 1, err: /it is a directory/ });
});

t.test('a capture that was cut: what came before is printed', async (t) => {
  const { status, out, err } = await decode(fileOf(t, capture.slice(0, -10)));
  t.equal(status, 1);
  t.equal(out.trim().split('\n').length, 6);
  t.match(
    err,
    /^4 datagrams.*\n.*file\.pcap: the capture was cut off: it ends inside a packet \(at octet \d+\)\n$/s,
  );
});

/** The command as a process of its own, for what only a real standard output does. */
const spawnDecode = (file: string) => {
  const source = new URL('../../../collector/decode-file/decode-command.ts', import.meta.url);
  const program = `
    import { runDecode } from ${JSON.stringify(source.href)};
    const options = { file: ${JSON.stringify(file)}, format: 'json', port: undefined, summary: 'text' };
    process.exitCode = await runDecode(options, process.stdout, process.stderr);`;
  return spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
};

t.test('a reader that goes away ends it quietly', async (t) => {
  const datagrams = Array.from({ length: 3000 }, () => netflow5Sample);
  const child = spawnDecode(fileOf(t, pcapOfDatagrams(...datagrams)));
  child.stdout.once('data', () => child.stdout.destroy());
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  t.same([status, err], [0, '']);
});

t.test('from standard input', async (t) => {
  const child = spawnDecode('-');
  child.stdin.end(gzipSync(capture));
  let out = '';
  for await (const text of child.stdout) out += text;
  t.equal(out.trim().split('\n').length, 6);
});
