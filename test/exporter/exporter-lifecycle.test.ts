import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import {
  announceExporter,
  describeReadError,
  makeExporterLifecycle,
  makeExporterLog,
  makeProgressLog,
  runUntilSignal,
} from '../../exporter/exporter-lifecycle.ts';
import { CaptureError } from '../../shared/capture/capture-error.ts';

const makeOutput = () => {
  const said: string[] = [];
  return { said, write: (text: string) => void said.push(text) };
};

const makeSignals = () => {
  const signals = Object.assign(new EventEmitter(), { exit: (code: number) => signals.emit('exited', code) });
  return signals;
};

const announcement = {
  subject: 'connections',
  observing: 'conntrack events: destroy',
  metering: '3 connections now',
  source: 'conntrack',
  numbers: { connections: 3 },
} as const;
const options = {
  logFormat: 'text',
  logLevel: 'info',
  protocol: 'ipfix',
  to: ['udp://192.0.2.1:4739', 'udp://192.0.2.2:4739'],
  version: '1.2.3',
} as const;

t.test('the log is of the form and level that was asked for', async (t) => {
  const { said, write } = makeOutput();
  const log = makeExporterLog({ logFormat: 'json', logLevel: 'warn' }, write);
  log.info('no');
  log.warn('yes');
  t.match(
    said.map((line) => JSON.parse(line)),
    [{ level: 'warn', message: 'yes' }],
  );
  t.equal(said.length, 1);
});

t.test('people are told where records come from and where they go', async (t) => {
  const { said, write } = makeOutput();
  const log = makeExporterLog(options, write);
  announceExporter(options, announcement, log, write);
  announceExporter({ ...options, protocol: 'netflow9', to: ['udp://x:1'] }, announcement, log, write);
  announceExporter({ ...options, to: [] }, announcement, log, write);
  t.equal(
    said[0],
    'flowledger 1.2.3 exports connections\n' +
      '  observing  conntrack events: destroy\n' +
      '  metering   3 connections now\n' +
      '  exporting  IPFIX to udp://192.0.2.1:4739  udp://192.0.2.2:4739\n',
  );
  t.match(said[1], / {2}exporting {2}NetFlow v9 to udp:\/\/x:1\n$/);
  t.match(said[2], / {2}exporting {2}nowhere, printing only\n$/);
});

t.test('machines are told in one line of the log', async (t) => {
  const { said, write } = makeOutput();
  const json = { ...options, logFormat: 'json' } as const;
  announceExporter(json, announcement, makeExporterLog(json, write), write);
  t.equal(said.length, 1);
  const to = 'udp://192.0.2.1:4739 udp://192.0.2.2:4739';
  t.match(JSON.parse(said[0] ?? ''), { message: 'exporting', source: 'conntrack', to, connections: 3 });
});

t.test('a signal stops what runs, within a minute', async (t) => {
  const timers: [() => void, number][] = [];
  const set = t.capture(globalThis, 'setTimeout', ((callback: () => void, ms: number) => {
    timers.push([callback, ms]);
    return { ours: true };
  }) as unknown as typeof setTimeout);
  const cleared = t.capture(globalThis, 'clearTimeout', () => undefined);
  const { said, write } = makeOutput();
  const signals = makeSignals();
  const lifecycle = makeExporterLifecycle(makeExporterLog(options, write), signals);
  let finish = (): void => undefined;
  lifecycle.onStop('exporter', () => new Promise((resolve) => (finish = resolve)));
  signals.emit('SIGTERM', 'SIGTERM');
  t.match(said, [/SIGTERM: stopping/]);
  t.equal(timers[0]?.[1], 60_000);
  const late = once(signals, 'exited');
  timers[0]?.[0]();
  t.same(await late, [1], 'the minute has passed');
  const ended = once(signals, 'exited');
  finish();
  t.same(await ended, [0]);
  t.match(cleared().at(-1)?.args, [{ ours: true }]);
  t.equal(set().length, 1);
});

t.test('what cannot be read is told, and what is our own fault is thrown', async (t) => {
  t.equal(describeReadError(new CaptureError('cut off', 7)), new CaptureError('cut off', 7).message);
  const missing = await readFile(t.testdir()).catch((error: unknown) => error);
  t.match(describeReadError(missing), /^EISDIR/);
  t.throws(() => describeReadError(new TypeError('ours')), TypeError);
});

t.test('a log beside a line of progress says the same', async (t) => {
  const written = t.capture(process.stderr, 'write', () => true);
  const { log, progress } = makeProgressLog({ ...options, print: undefined });
  log.info('words');
  progress.clear();
  t.match(
    written().map(({ args }) => args),
    [[/info {2}words\n$/]],
  );
});

t.test('what runs is waited for, to its end or to a signal', async (t) => {
  const log = makeExporterLog(options, makeOutput().write);
  for (const isStopped of [false, true]) {
    const signals = makeSignals();
    const exited = once(signals, 'exited');
    let end = (_status: number): void => undefined;
    const running = new Promise<number>((resolve) => (end = resolve));
    const stops: string[] = [];
    const done = runUntilSignal(log, running, () => stops.push('stop'), signals);
    if (isStopped) signals.emit('SIGTERM', 'SIGTERM');
    else end(1);
    end(0);
    t.equal(await done, isStopped ? 0 : 1);
    t.same(await exited, [isStopped ? 0 : 1]);
    t.same(stops, ['stop']);
  }
});
