import { Writable } from 'node:stream';
import t from 'tap';
import { LineOutput, maxWaitingBytes } from '../../../exporter/print/line-output.ts';

/** A stream whose reader takes something only when told. */
const makeSlowStream = () => {
  const taken: string[] = [];
  let next: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 1024,
    write: (chunk: string, _, done) => {
      taken.push(chunk);
      next = done;
    },
  });
  return { stream, taken, take: () => next?.() };
};

t.test('lines are written in blocks, and at the end', async (t) => {
  const { stream, taken, take } = makeSlowStream();
  const output = new LineOutput(stream, () => t.fail('it is there'));
  output.write('one\n');
  output.write('two\n');
  t.same(taken, [], 'a block is not full yet');
  output.flush();
  t.same(taken, ['one\ntwo\n']);
  output.write('three\n');
  const ended = output.end();
  take();
  take();
  take();
  await ended;
  t.same(taken.join(''), 'one\ntwo\nthree\n');
  t.equal(output.dropped, 0);
});

t.test('a reader that takes nothing costs lines, not memory', async (t) => {
  const { stream } = makeSlowStream();
  const output = new LineOutput(stream, () => t.fail('it is there'));
  const line = `${'x'.repeat(99_999)}\n`;
  for (let i = 0; i < 1000; i++) output.write(line);
  t.ok(stream.writableLength < maxWaitingBytes + 200_000);
  t.ok(output.dropped > 600, `${output.dropped} of 1000 lines dropped`);
});

t.test('a source that can wait is told when to go on', async (t) => {
  const { stream, take } = makeSlowStream();
  const output = new LineOutput(stream, () => t.fail('it is there'));
  t.equal(output.ready(), undefined, 'nothing waits');
  output.write(`${'x'.repeat(70_000)}\n`);
  const wait = output.ready();
  t.ok(wait instanceof Promise);
  take();
  await wait;
  t.equal(output.ready(), undefined);
});

t.test('a reader that goes away is told of once', async (t) => {
  let gone = 0;
  const stream = new Writable({
    write: (_, __, done) => done(Object.assign(new Error(), { code: 'EPIPE' })),
  });
  const output = new LineOutput(stream, () => gone++);
  output.write('one\n');
  output.flush();
  await new Promise((resolve) => stream.once('close', resolve));
  output.write('two\n');
  output.flush();
  t.equal(gone, 1);
  t.equal(output.dropped, 1);
  t.notOk(output.failed, 'readers may leave');
  await output.end();
  t.equal(output.ready(), undefined);
});

t.test('what cannot be written is a failure', async (t) => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const stream = new Writable({ write: (_, __, done) => done(full) });
  const told: Error[] = [];
  const output = new LineOutput(stream, (error) => told.push(error));
  output.write('one\n');
  await output.end();
  t.same(told, [full]);
  t.ok(output.failed);
});

t.test('a reader that takes nothing more does not keep us', async (t) => {
  const { stream, taken } = makeSlowStream();
  const output = new LineOutput(stream, () => t.fail('it is there'));
  output.write('one\n');
  await output.end(20);
  t.same(taken, ['one\n']);
});
