import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { streamSource } from '../../../exporter/observe/stream-source.ts';

t.test('a stream, packed or not', async (t) => {
  for (const content of [Buffer.from('a capture'), gzipSync('a capture')]) {
    const source = streamSource('a pipe', Readable.from([content]));
    const pieces: Uint8Array[] = [];
    for await (const piece of source.octets()) pieces.push(piece.slice());
    t.equal(Buffer.concat(pieces).toString(), 'a capture');
    t.match(source, { name: 'a pipe', isLive: false, totalOctets: 0, interfaces: [] });
  }
});

t.test('stopped while nothing comes, it ends', async (t) => {
  for (const content of [Buffer.from('a capture'), gzipSync('a capture')]) {
    const stream = new Readable({ read: () => undefined });
    const source = streamSource('a pipe', stream);
    stream.push(content);
    const pieces = source.octets();
    t.equal(Buffer.from((await pieces.next()).value ?? []).toString(), 'a capture');
    const next = pieces.next();
    source.stop();
    t.equal((await next).done, true);
    t.equal(stream.destroyed, true);
  }
});

t.test('what is wrong with a stream that was not stopped is told', async (t) => {
  const stream = new Readable({ read: () => undefined });
  const pieces = streamSource('a pipe', stream).octets();
  const next = pieces.next();
  stream.destroy(new Error('reset'));
  await t.rejects(next, { message: 'reset' });
});
