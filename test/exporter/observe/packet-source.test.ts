import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { openPacketSource } from '../../../exporter/observe/packet-source.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const log = { info: () => undefined };
const stdin = { file: '-', interfaceName: undefined, captureFilter: '' };

t.test('standard input, packed or not', async (t) => {
  for (const content of [Buffer.from('a capture'), gzipSync('a capture')]) {
    const source = await openPacketSource(stdin, log, Readable.from([content]));
    const pieces: Uint8Array[] = [];
    for await (const piece of source.octets()) pieces.push(piece.slice());
    t.equal(Buffer.concat(pieces).toString(), 'a capture');
    t.match(source, { name: 'standard input', isLive: false, totalOctets: 0 });
  }
});

t.test('standard input that is stopped ends', async (t) => {
  const input = new Readable({ read: () => undefined });
  const source = await openPacketSource(stdin, log, input);
  input.push('a capture');
  let count = 0;
  for await (const _ of source.octets()) {
    count++;
    source.stop();
  }
  t.equal(count, 1);
});

t.test('a terminal has no capture', async (t) => {
  const terminal = Object.assign(Readable.from([]), { isTTY: true });
  await t.rejects(openPacketSource(stdin, log, terminal), ConfigError);
});

t.test('a file that is not there', async (t) => {
  await t.rejects(openPacketSource({ ...stdin, file: '/nowhere/x.pcap' }, log), ConfigError);
});
