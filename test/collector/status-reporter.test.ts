import { EventEmitter } from 'node:events';
import t from 'tap';
import { makeStatus } from '../../collector/status-line.ts';
import { StatusReporter } from '../../collector/status-reporter.ts';
import { zeroReading } from '../support/zero-reading.ts';

const clearLine = '\r\x1b[2K';

/** What a reporter writes, and a promise of its next reading. */
const makeOut = (isTTY: boolean) => {
  const written: string[] = [];
  const events = new EventEmitter();
  const out = { isTTY, columns: 60, write: (text: string) => written.push(text) && events.emit('written') };
  return { written, events, out: out as unknown as NodeJS.WriteStream };
};
const source = (onMinute: () => void = () => undefined) => {
  let atMs = 0;
  return {
    refresh: async () => undefined,
    read: () => {
      atMs += 1000;
      return { ...zeroReading, atMs, datagrams: atMs };
    },
    status: makeStatus,
    perMinute: onMinute,
  }; // biome-ignore format: short
};

t.test('a line of the log, without a status line', async (t) => {
  const { written, out } = makeOut(true);
  new StatusReporter(out, true).writeLine('hello\n');
  t.same(written, ['hello\n']);
});

t.test('on a terminal the status line is written over itself, and log lines go above it', async (t) => {
  const { written, events, out } = makeOut(true);
  const reporter = new StatusReporter(out, true);
  const first = new Promise((resolve) => events.once('written', resolve));
  reporter.start(source());
  await first;
  t.ok(written[0]?.startsWith(clearLine));
  t.match(written[0], /datagrams/);
  t.ok((written[0] ?? '').length <= 5 + 59, 'never longer than the terminal is wide');
  reporter.writeLine('hello\n');
  t.ok(written[1]?.startsWith(`${clearLine}hello\n`));
  t.match(written[1], /\n.*datagrams/);
  reporter.stop();
  t.equal(written.at(-1), '\n');
  reporter.stop();
  t.equal(written.length, 3);
});

t.test('elsewhere nothing is written every second', async (t) => {
  const { written, out } = makeOut(false);
  const reporter = new StatusReporter(out, true);
  let readings = 0;
  const some = new Promise<void>((resolve) => {
    reporter.start({ ...source(), refresh: async () => (++readings === 2 ? resolve() : undefined) });
  });
  await some;
  reporter.stop();
  t.same(written, []);
});
