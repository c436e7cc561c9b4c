import { Writable } from 'node:stream';
import t from 'tap';
import { OctetWriter } from '../../../collector/journal-tools/octet-writer.ts';

const failing = (code: string): Writable =>
  new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });

t.test('writes, and is done with the octets then', async (t) => {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) =>
      setImmediate(() => {
        written.push(chunk.toString());
        done();
      }),
  });
  const writer = new OctetWriter(stream);
  const bytes = new Uint8Array(Buffer.from('one'));
  await writer.write(bytes);
  bytes.set(Buffer.from('two'));
  await writer.write(bytes);
  t.same(written, ['one', 'two']);
  t.equal(writer.writtenBytes, 6);
});

t.test('a reader that went away is no error', async (t) => {
  const writer = new OctetWriter(failing('EPIPE'));
  await writer.write(new Uint8Array(3));
  await writer.write(new Uint8Array(3));
  t.match(writer, { isClosed: true, error: undefined, writtenBytes: 0 });
});

t.test('a full disk is one, each time', async (t) => {
  const writer = new OctetWriter(failing('ENOSPC'));
  await t.rejects(writer.write(new Uint8Array(3)), { code: 'ENOSPC' });
  await t.rejects(writer.write(new Uint8Array(3)), { code: 'ENOSPC' });
  t.match(writer, { isClosed: true, error: { code: 'ENOSPC' } });
});
