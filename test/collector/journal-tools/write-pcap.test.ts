import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import t from 'tap';
import { runDecode } from '../../../collector/decode-file/decode-command.ts';
import { runJournalToPcap, type ToPcapOptions } from '../../../collector/journal-tools/write-pcap.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { type BuiltChunk, buildJournal, type JournaledDatagram } from '../../support/journal-builder.ts';
import { ipfixSample, netflow9Sample } from '../../support/message-samples.ts';
import { hasPeers, peerPath } from '../../support/peers.ts';
import { ownCaptures, readCaptures } from '../../support/read-captures.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const run = promisify(execFile);

const collector = () => {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(parts) };
};

const toPcap = async (options: ToPcapOptions) => {
  const [out, err] = [collector(), collector()];
  const status = await runJournalToPcap(options, out.stream, err.stream);
  return { status, out: out.bytes(), err: err.bytes().toString() };
};

const decode = async (file: string): Promise<string> => {
  const [out, err] = [collector(), collector()];
  const options = { file, format: 'json', port: undefined, summary: 'text' } as const;
  t.equal(await runDecode(options, out.stream, err.stream), 0);
  return out.bytes().toString();
};

const datagramsOf = async (): Promise<ReadonlyMap<string, readonly JournaledDatagram[]>> =>
  new Map(
    [...(await readCaptures(ownCaptures))].map(([name, messages]) => [
      name,
      messages.map(({ bytes, address, port, micros }) => ({
        payload: bytes,
        address: formatAddress(hexBytes(address), 0),
        port,
        micros,
      })),
    ]),
  );

t.test('the capture tells our decoder the same as the one that was received', async (t) => {
  const captures = await datagramsOf();
  t.ok(captures.size >= 3);
  for (const [name, datagrams] of captures) {
    const directory = temporaryDirectory(t);
    buildJournal(directory, datagrams, { chunkEvery: 3, segmentBytes: 8192 });
    const file = join(directory, 'out.pcap');
    const { status, out, err } = await toPcap({ directory, file });
    t.same([status, out.length], [0, 0]);
    t.match(err, new RegExp(`^${datagrams.length} datagrams?, `));
    t.equal(await decode(file), await decode(join(ownCaptures, name)), name);
    t.same((await toPcap({ directory, file: '-' })).out, readFileSync(file), 'on standard output');
  }
});

const start = 1_704_067_200_000_001;
const mixed = (count: number): readonly JournaledDatagram[] =>
  Array.from({ length: count }, (_, i) => ({
    payload: i % 2 === 0 ? netflow9Sample : ipfixSample,
    address: i % 3 === 0 ? '2001:db8::1' : '192.0.2.1',
    port: 50000,
    localPort: i % 2 === 0 ? 9995 : 4739,
    micros: start + i,
  }));

t.test('tshark reads all Messages, with right checksums, addresses and times', async (t) => {
  if (!hasPeers(t, 'tshark')) return;
  const directory = temporaryDirectory(t);
  // More than one piece of memory.
  buildJournal(directory, mixed(20_001), { segmentBytes: 1 << 20 });
  const file = join(directory, 'out.pcap');
  await toPcap({ directory, file });
  const names = [
    'frame.time_epoch',
    'ip.src',
    'ipv6.src',
    'ip.dst',
    'ipv6.dst',
    'udp.srcport',
    'udp.dstport',
  ];
  const fields = [...names, 'cflow.version', 'ip.checksum.status', 'udp.checksum.status', '_ws.malformed'];
  const { stdout } = await run(
    peerPath('tshark'),
    [
      ...['-n', '-r', file, '-d', 'udp.port==9995,cflow', '-d', 'udp.port==4739,cflow'],
      ...['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE', '-T', 'fields'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { maxBuffer: 32 << 20 },
  );
  const lines = stdout.split('\n').slice(0, -1);
  const expected = mixed(20_001).map(({ address, localPort, micros }) => {
    const isIpv6 = address.includes(':');
    const addresses = isIpv6 ? ['', address, '', '::1'] : [address, '', '127.0.0.1', ''];
    const version = localPort === 9995 ? '9' : '10';
    return [
      `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}000`,
      ...addresses,
      '50000',
      String(localPort),
      version,
      isIpv6 ? '' : '1',
      '1',
      '',
    ].join('\t');
  });
  t.equal(lines.length, expected.length);
  const wrong = lines.findIndex((line, i) => line !== expected[i]);
  t.same([wrong, lines[wrong]], [-1, undefined], expected[wrong] ?? '');
});

t.test('the same filters as show; control frames are no datagrams', async (t) => {
  const directory = temporaryDirectory(t);
  buildJournal(directory, [...mixed(6), { control: { refused: 1 }, micros: start + 100 }]);
  t.match((await toPcap({ directory, file: '-' })).err, /^6 datagrams, /);
  t.match((await toPcap({ directory, file: '-', exporter: '2001:db8::1' })).err, /^2 datagrams, /);
  t.match((await toPcap({ directory, file: '-', from: start + 1, to: start + 4 })).err, /^3 datagrams, /);
  const none = await toPcap({ directory, file: '-', to: start });
  t.same([none.out.length, none.err], [24, '0 datagrams, 24 B\n'], 'a capture without packets');
});

t.test('what is damaged, or fits into no datagram, is said', async (t) => {
  const directory = temporaryDirectory(t);
  const long = { ...(mixed(1)[0] as JournaledDatagram), payload: new Uint8Array(65_535) };
  const { chunks } = buildJournal(directory, [...mixed(6), long], { chunkEvery: 2 });
  const { path, offset, usedBytes } = chunks[1] as BuiltChunk;
  const bytes = readFileSync(path);
  bytes[offset + 60] = 0x99;
  writeFileSync(path, bytes);
  const { status, err } = await toPcap({ directory, file: '-' });
  t.equal(status, 0);
  const left = 'left out: 1 longer than a UDP datagram can be';
  const passed = `passed over: ${usedBytes} octets in 1 place`;
  t.match(err, new RegExp(`^damaged: .*\n4 datagrams, .*; ${left}; ${passed}\n$`));
});

t.test('what cannot be written', async (t) => {
  const directory = temporaryDirectory(t);
  buildJournal(directory, mixed(2));
  const nowhere = join(directory, 'none', 'out.pcap');
  t.match(await toPcap({ directory, file: nowhere }), { status: 1, err: `cannot write ${nowhere}: ENOENT` });
  if (existsSync('/dev/full'))
    t.match(await toPcap({ directory, file: '/dev/full' }), {
      status: 1,
      err: 'cannot write /dev/full: ENOSPC',
    });
  const terminal = Object.assign(collector().stream, { isTTY: true });
  await t.rejects(runJournalToPcap({ directory, file: '-' }, terminal, collector().stream), ConfigError);
  const closed = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  });
  const err = collector();
  t.equal(await runJournalToPcap({ directory, file: '-' }, closed, err.stream), 0);
  t.equal(err.bytes().length, 0, 'a reader that went away');
  t.same(readdirSync(directory).sort(), ['0000000000000000.flj', 'journal.json']);
});
