import { Writable } from 'node:stream';
import t from 'tap';
import { LineWriter } from '../../../collector/decode-file/line-writer.ts';

/** A stream whose reader takes a write only when `release` is called. */
const slowStream = () => {
  const writes: string[] = [];
  let release: (() => void) | undefined;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writes.push(String(chunk));
      release = done;
    },
  });
  return { stream, writes, release: () => release?.() };
};

t.test('gathers lines into large writes', async (t) => {
  const { stream, writes, release } = slowStream();
  const writer = new LineWriter(stream);
  writer.write('a\n');
  t.equal(writer.flush(), undefined, 'not yet');
  writer.write('b'.repeat(65536));
  const flushed = writer.flush();
  let isFlushed = false;
  flushed?.then(() => {
    isFlushed = true;
  });
  await new Promise(setImmediate);
  t.equal(writes.length, 1);
  t.equal(writes[0]?.length, 65538);
  t.equal(isFlushed, false, 'waits for the reader');
  release();
  await flushed;
  writer.write('end\n');
  const ended = writer.end();
  release();
  await ended;
  t.equal(writes[1], 'end\n');
  t.equal(stream.writableEnded, false, 'the stream is not ours to end');
});

const failing = (code: string) =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });

t.test('a reader that went away', async (t) => {
  const writer = new LineWriter(failing('EPIPE'));
  writer.write('x'.repeat(70000));
  await writer.flush();
  t.equal(writer.isClosed, true);
  t.equal(writer.error, undefined);
  writer.write('more');
  await writer.end();
});

t.test('a disk that is full', async (t) => {
  const writer = new LineWriter(failing('ENOSPC'));
  writer.write('x'.repeat(70000));
  await t.rejects(async () => writer.flush(), /ENOSPC/);
  t.equal(writer.isClosed, true);
  await t.rejects(writer.end(), /ENOSPC/);
  t.match(writer.error, { code: 'ENOSPC' });
});
