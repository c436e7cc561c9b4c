import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type History, openCapture, openJournalHistory } from '../../../collector/load/history.ts';
import {
  ethernetBytes,
  hexBytes,
  ipv4Bytes,
  joinBytes,
  pcapBytes,
  pcapOfDatagrams,
  udpBytes,
} from '../../support/capture-builder.ts';
import { buildJournal } from '../../support/journal-builder.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const message = (text: string): Uint8Array => joinBytes(hexBytes('0005'), Buffer.from(text));

const framesOf = async (history: History) => {
  const found: { kind: number; text: string; from: string; to: number; family: number; micros: number }[] =
    [];
  for await (const {
    kind,
    payload,
    octetWords,
    exporterPort,
    localPort,
    family,
    micros,
  } of history.frames()) {
    const octets = Buffer.from(octetWords.buffer).toString('hex');
    const text = Buffer.from(payload.subarray(kind === 1 ? 2 : 0)).toString();
    found.push({ kind, text, from: `${octets}:${exporterPort}`, to: localPort, family, micros });
  }
  return found;
};

const firstMicros = 1_704_067_200_000_007;
const sender = '00000000000000000000ffffc0000201:50000';

t.test('datagrams of a capture, with its times', async (t) => {
  const directory = temporaryDirectory(t);
  const bytes = pcapOfDatagrams(message('one'), message('two'));
  for (const [name, octets] of [
    ['a.pcap', bytes],
    ['a.pcap.gz', gzipSync(bytes)],
  ] as const) {
    const path = join(directory, name);
    writeFileSync(path, octets);
    const history = openCapture(path, undefined);
    t.match(history, { name, totalOctets: octets.length });
    t.equal(history.octetsRead(), 0);
    const usual = { kind: 1, from: sender, to: 2055, family: 4 };
    t.same(await framesOf(history), [
      { ...usual, text: 'one', micros: firstMicros },
      { ...usual, text: 'two', micros: firstMicros + 1e6 },
    ]);
    t.equal(history.octetsRead(), octets.length);
    t.same(history.remarks(), []);
  }
});

t.test('IPv6, one port only, and what was left out', async (t) => {
  const path = join(temporaryDirectory(t), 'b.pcap');
  const ipv6 = joinBytes(
    hexBytes('60000000 000d 11 40'),
    hexBytes('20010db8000000000000000000000001 20010db8000000000000000000000002'),
    udpBytes(message('six'), 7, 4739),
  );
  const cut = ethernetBytes(ipv4Bytes(udpBytes(message('it was longer')))).slice(0, -4);
  writeFileSync(
    path,
    pcapBytes([ethernetBytes(ipv6, 0x86dd), cut, ethernetBytes(ipv4Bytes(udpBytes(message('a')), 0x2000))]),
  );
  const history = openCapture(path, undefined);
  const [first, second, ...others] = await framesOf(history);
  t.match(first, { text: 'six', from: '20010db8000000000000000000000001:7', to: 4739, family: 6 });
  t.match(second, { text: 'it was lo' });
  t.same(others, []);
  t.same(history.remarks(), ['1 datagram cut by the capture', '1 packet of which fragments are missing']);
  t.same(
    (await framesOf(openCapture(path, 4739))).map(({ text }) => text),
    ['six'],
  );
});

t.test('a capture that cannot be read', async (t) => {
  const directory = temporaryDirectory(t);
  const nowhere = join(directory, 'nowhere.pcap');
  t.throws(() => openCapture(nowhere, undefined), {
    name: 'ConfigError',
    message: `--pcap ${nowhere}: cannot be read (ENOENT)`,
  });
  t.throws(() => openCapture(directory, undefined), {
    name: 'ConfigError',
    message: `--pcap ${directory}: is a directory, and no capture`,
  });
  const path = join(directory, 'c.pcap');
  writeFileSync(path, pcapOfDatagrams(message('one'), message('two')).slice(0, -3));
  const history = openCapture(path, undefined);
  const seen: number[] = [];
  await t.rejects(
    async () => {
      for await (const { micros } of history.frames()) seen.push(micros);
    },
    { name: 'CaptureError', message: /cut off/ },
  );
  t.same(seen, [firstMicros], 'what came before the damage is there');
  // It was a file when it was looked at.
  const gone = join(directory, 'd.pcap');
  writeFileSync(gone, '');
  const later = openCapture(gone, undefined);
  rmSync(gone);
  mkdirSync(gone);
  await t.rejects(framesOf(later), { name: 'CaptureError', message: /the file cannot be read \(EISDIR\)/ });
});

t.test('frames of a journal, control frames too; damage is said', async (t) => {
  const directory = temporaryDirectory(t);
  const datagram = (text: string, micros: number, address = '192.0.2.9') => ({
    ...{ payload: message(text), address, port: 7, micros },
  });
  const built = buildJournal(
    directory,
    [
      datagram('one', 1_000_000),
      { control: { kernelDrops: 3 }, micros: 2_000_000 },
      datagram('two', 3_000_000, '2001:db8::9'),
      datagram('three', 4_000_000),
    ],
    { chunkEvery: 1 },
  );
  const history = openJournalHistory({ directory });
  t.match(history, { name: `journal ${directory}`, totalOctets: built.end });
  const frames = await framesOf(history);
  t.match(frames, [
    { kind: 1, text: 'one', from: '00000000000000000000ffffc0000209:7', to: 2055, family: 4, micros: 1e6 },
    { kind: 2, text: '{"kernelDrops":3}', micros: 2e6 },
    { kind: 1, text: 'two', from: '20010db8000000000000000000000009:7', family: 6, micros: 3e6 },
    { kind: 1, text: 'three', micros: 4e6 },
  ]);
  t.equal(history.octetsRead(), built.end);
  t.same(history.remarks(), []);
  const some = await framesOf(openJournalHistory({ directory, from: 2e6, to: 4e6, exporter: '2001:db8::9' }));
  t.same(
    some.map(({ text }) => text),
    ['two'],
  );
  const third = built.chunks[2];
  const octets = readFileSync(third?.path ?? '');
  // The first octet of its payload.
  octets[(third?.offset ?? 0) + 72] = 0xff;
  writeFileSync(third?.path ?? '', octets);
  const damaged = openJournalHistory({ directory });
  t.same(
    (await framesOf(damaged)).map(({ micros }) => micros),
    [1e6, 2e6, 4e6],
  );
  t.match(damaged.remarks(), [/^damaged: .*/]);
  t.throws(() => openJournalHistory({ directory: join(directory, 'none') }), { name: 'ConfigError' });
});
