import { PassThrough } from 'node:stream';
import t from 'tap';
import { OutputClosed, writeOutput } from '../../../collector/ask/write-output.ts';

t.test('a slow reader is waited for, and a closed one is said', async (t) => {
  const out = new PassThrough({ highWaterMark: 4 });
  await writeOutput(out, 'abc');
  let isWritten = false;
  const writing = writeOutput(out, 'defgh').then(() => {
    isWritten = true;
  });
  await Promise.resolve();
  t.notOk(isWritten);
  t.equal(String(out.read()), 'abcdefgh');
  await writing;
  out.destroy();
  await t.rejects(writeOutput(out, 'more'), new OutputClosed());
});
