import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { trace } from '../../../collector/reports/trace.ts';
import { readRecordings } from '../../../collector/reports/trace-packets.ts';
import { parseAddress } from '../../../shared/wire/address.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers, peerPath } from '../../support/peers.ts';
import {
  back,
  front,
  proxyDay,
  proxyNow,
  seedRequest,
  seenFlows,
  toldTraces,
  traceRow,
} from '../../support/proxy-ledger.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

interface Sketch {
  /** `14:19:30.25` */
  readonly at: string;
  readonly src: string;
  readonly dst: string;
}

/** TCP over IPv4 without options; its identification is its number in the file. */
const packetBytes = ({ src, dst }: Sketch, number: number): Buffer => {
  const bytes = Buffer.alloc(40);
  bytes.set([0x45, 0, 0, 40, number >> 8, number & 0xff, 0x40, 0, 64, 6]);
  for (const [at, portAt, text] of [
    [12, 20, src],
    [16, 22, dst],
  ] as const) {
    const [address = '', port] = text.split(' ');
    bytes.set((parseAddress(address) ?? new Uint8Array(16)).subarray(12), at);
    bytes.writeUInt16BE(Number(port), portAt);
  }
  bytes.set([0x50, 0x10], 32);
  return bytes;
};

/** A pcap of link type 101 (IP). */
const pcapOf = (sketches: readonly Sketch[]): Buffer => {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex');
  return Buffer.concat([
    header,
    ...sketches.map((sketch, i) => {
      const packet = packetBytes(sketch, i + 1);
      const millis = Date.parse(`${proxyDay}T${sketch.at}Z`);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Math.floor(millis / 1000), 0);
      record.writeUInt32LE((millis % 1000) * 1000, 4);
      record.writeUInt32LE(packet.length, 8);
      record.writeUInt32LE(packet.length, 12);
      return Buffer.concat([record, packet]);
    }),
  ]);
};

/** Numbers of the packets in a file of `pcapOf`. */
const numbersIn = (file: string): number[] => {
  const bytes = readFileSync(file);
  const numbers = [];
  for (let at = 24 + 16; at < bytes.length; at += 40 + 16) numbers.push(bytes.readUInt16BE(at + 4));
  return numbers;
};

const [client, service] = front;
/** What belongs to the connection of the request is 3, 4 and 6. */
const external: readonly Sketch[] = [
  { at: '14:11:59', src: client, dst: service },
  { at: '14:19:31', src: client, dst: '172.18.60.226 80' },
  { at: '14:19:30', src: client, dst: service },
  { at: '14:19:30.5', src: service, dst: client },
  { at: '14:19:31', src: '172.18.60.3 18982', dst: service },
  { at: '14:19:36', src: service, dst: client },
  { at: '14:20:30', src: client, dst: service },
];
const internal: readonly Sketch[] = [
  { at: '14:19:35', src: back[0], dst: back[1] },
  { at: '14:19:35.1', src: back[1], dst: back[0] },
  { at: '14:19:35.2', src: back[1], dst: '172.18.98.225 54445' },
];

t.test('the packets of a request', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow });
  await ledger.insert([...toldTraces.map((told) => traceRow(told)), ...seenFlows()]);
  const folder = temporaryDirectory(t);
  const [ext, int, out] = ['ext.pcap', 'int.pcap', 'case/17'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(ext, pcapOf(external));
  writeFileSync(int, pcapOf(internal));
  const options = { pcapFront: ext, pcapBack: int, out };
  const { status, out: rows, err } = await ledger.run(trace, { argument: seedRequest, options });
  t.equal(status, 0);
  t.same(numbersIn(join(out, 'front.pcap')), [3, 4, 6]);
  t.same(numbersIn(join(out, 'back.pcap')), [1, 2]);
  t.match(err, /front\.pcap: 3 of 7 packets of .*ext\.pcap, 2023-12-06 14:19:30 to 2023-12-06 14:19:36\n/);
  t.match(
    err,
    /back\.pcap: 2 of 3 packets of .*int\.pcap, 2023-12-06 14:19:35 to 2023-12-06 14:19:35\.100\n/,
  );
  const [row] = rows.split('\n').map((line) => (line === '' ? {} : JSON.parse(line)));

  await t.test('the display filter says the same to tshark', (t) => {
    if (!hasPeers(t, 'tshark')) return t.end();
    const said = execFileSync(
      peerPath('tshark'),
      ['-r', ext, '-Y', row.display_filter, '-T', 'fields', '-e', 'frame.number'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    t.same(String(said).trim().split('\n').map(Number), [3, 4, 6]);
    t.end();
  });
  await t.test('the capture filter to tcpdump, which knows no times', (t) => {
    if (!hasPeers(t, 'tcpdump')) return t.end();
    const dumped = join(folder, 'dumped.pcap');
    execFileSync(peerPath('tcpdump'), ['-r', ext, '-w', dumped, row.capture_filter], { stdio: 'ignore' });
    t.same(numbersIn(dumped), [1, 3, 4, 6, 7]);
    t.end();
  });
  await t.test('on a terminal below the answer', async (t) => {
    const request = { argument: seedRequest, options: { pcapFront: ext, out }, layout: 'table' as const };
    const printed = await ledger.run(trace, request, { columns: 120 });
    t.match(printed.out, /front\.pcap: 3 of 7 packets of .*ext\.pcap.*\n$/);
    t.equal(printed.err, '');
  });
  await t.test('what is none of it', async (t) => {
    const other = join(folder, 'other');
    const wrong = { argument: seedRequest, options: { pcapFront: int, out: other } };
    t.match((await ledger.run(trace, wrong)).err, /int\.pcap: no packet of the front connection in its time/);
    const nothing = { argument: 'none', options: { pcapFront: ext, out: join(folder, 'nothing') } };
    await ledger.run(trace, nothing);
    t.notOk(existsSync(join(folder, 'nothing')), 'without a trace there is nothing to cut out');
    writeFileSync(join(folder, 'text'), 'this is no capture, but it is long enough to be looked at');
    await t.rejects(
      ledger.run(trace, { argument: seedRequest, options: { pcapFront: join(folder, 'text'), out: other } }),
      { name: 'ConfigError', message: /--pcap-front .*text: / },
    );
    await t.rejects(
      ledger.run(trace, { argument: seedRequest, options: { pcapBack: join(folder, 'gone'), out: other } }),
      { name: 'ConfigError', message: /gone/ },
    );
    await t.rejects(
      ledger.run(trace, { argument: seedRequest, options: { pcapBack: int, out: join(ext, 'x') } }),
      { name: 'ConfigError', message: /--out .*cannot be made: ENOTDIR/ },
    );
  });
});

t.test('which recordings', (t) => {
  const read = (options: object) => readRecordings({ options } as never);
  t.equal(read({}), undefined);
  t.same(read({ pcapFront: 'a', out: 'b' }), { front: 'a', back: undefined, directory: 'b' });
  t.throws(() => read({ pcapBack: 'a' }), { name: 'ConfigError', message: /need --out DIR/ });
  t.throws(() => read({ out: 'a' }), { name: 'ConfigError', message: /give their recordings/ });
  t.end();
});
