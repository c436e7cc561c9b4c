import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { CollectOptions, JournalOptions } from '../../collector/collect-options.ts';
import { writeCheckpoint } from '../../collector/journal/checkpoint-file.ts';
import { openReceivingSide } from '../../collector/open-reception.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { Log } from '../../shared/service/log.ts';
import { collectOptions } from '../support/collect-options.ts';
import { buildJournal } from '../support/journal-builder.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const open = async (
  t: Test,
  directory: string | undefined,
  more: Partial<JournalOptions> = {},
  change: Partial<CollectOptions> = {},
) => {
  let said = '';
  const write = (line: string): void => {
    said += line;
  };
  const journal =
    directory === undefined
      ? undefined
      : ({ directory, keepMs: 0, maxBytes: undefined, sync: 'off', ...more } as const);
  const options = collectOptions('/nowhere', { listen: ['udp://127.0.0.1:0'], journal, ...change });
  const fill = { journalBytes: 0 };
  const side = await openReceivingSide(options, new Log({ write, nowMs: () => 0 }), () => fill.journalBytes);
  const end = async (): Promise<void> => {
    await side.close();
    await side.release();
  };
  t.teardown(end);
  return {
    ...{ side, fill, end },
    said: () => said,
    send: async (...texts: readonly string[]) => {
      const port = Number(/:(\d+)$/.exec(side.reception.listeners[0]?.name ?? '')?.[1]);
      const before = side.reception.datagrams;
      await sendDatagrams(
        { port },
        texts.map((text) => Buffer.from(text)),
      );
      await until('they are received', () => side.reception.datagrams === before + texts.length);
    },
  };
};

const segmentsOf = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.flj'))
    .sort();

t.test('what came is in the journal when it is closed, and the next run goes on behind it', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const first = await open(t, directory);
  t.match(first.side.journal, {
    directory,
    id: /^[0-9a-f]{32}$/,
    position: 0,
    durable: false,
    keepMicros: 0,
  });
  t.ok((first.side.journal?.maxBytes ?? 0) > 1 << 20, 'a part of the free disk');
  t.equal(first.said(), '');
  await first.send('one', 'two');
  await first.end();
  await first.end();
  const bytes = readFileSync(join(directory, segmentsOf(directory)[0] ?? ''));
  t.ok(bytes.indexOf('one') > 64 && bytes.indexOf('two') > bytes.indexOf('one'));
  t.equal(first.side.journalWriter?.writtenBytes, bytes.length - 64, 'a segment is its header and chunks');

  const second = await open(t, directory, { sync: 'always', keepMs: 1500, maxBytes: 16 << 20 });
  t.match(second.side.journal, {
    ...{ id: first.side.journal?.id ?? '', position: bytes.length - 64 },
    ...{ durable: true, keepMicros: 1_500_000, maxBytes: 16 << 20 },
  });
  await second.end();
});

t.test('it goes on behind the newest checkpoint, also where all else is gone', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const first = await open(t, directory);
  await first.send('one');
  const id = first.side.journal?.id ?? '';
  await first.end();
  for (const position of [8000, 80_000])
    writeCheckpoint(directory, { journal: id, position, settled: false, state: {} }, false);
  for (const name of segmentsOf(directory)) rmSync(join(directory, name));
  const second = await open(t, directory);
  t.match(second.side.journal, { id, position: 80_000 });
  await second.send('two');
  await second.end();
  t.same(segmentsOf(directory), ['0000000000080000.flj']);
});

t.test('times of receipt go on behind those in the journal, also after the clock was put back', async (t) => {
  const directory = temporaryDirectory(t);
  const micros = (Date.now() + 3_600_000) * 1000;
  buildJournal(directory, [{ payload: new Uint8Array(4), address: '192.0.2.1', port: 7, micros }]);
  const { side } = await open(t, directory);
  const nextMicros = side.reception.clock.nowMicros();
  t.ok(nextMicros > micros && nextMicros < micros + 60e6, `${nextMicros - micros}`);
});

t.test('a chunk goes on to the ledger when it is written', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { side, send } = await open(t, directory);
  const sent: string[] = [];
  side.route.attach({
    chunksSent: 0,
    written: () => undefined,
    send: (chunk, usedBytes) => {
      const text = Buffer.from(chunk, 0, usedBytes).toString('latin1');
      const journal = Buffer.concat(segmentsOf(directory).map((name) => readFileSync(join(directory, name))));
      sent.push(journal.includes(Buffer.from(chunk, 0, usedBytes)) ? text : 'not written');
      side.reception.writer.recycle(chunk);
    },
  });
  await send('hello');
  await until('the ledger has it', () => sent.length > 0);
  t.match(sent[0], /hello/);
});

t.test('a journal that may not be large has small segments', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { side, send } = await open(t, directory, { maxBytes: 4 << 20 });
  for (let i = 0; i < 40; i++) await send('x'.repeat(60_000));
  await side.close();
  t.ok(segmentsOf(directory).length >= 2, 'more than one for 2.4 MB');
});

t.test('a journal that is far beyond its size is not written any more', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { side, fill, send } = await open(t, directory, { maxBytes: 4 << 20 });
  await send('before');
  await until('it is written', () => (side.journalWriter?.chunksWritten ?? 0) > 0);
  const written = side.journalWriter?.writtenBytes;
  fill.journalBytes = 100 << 20;
  await send('beyond');
  await side.close();
  t.equal(side.journalWriter?.writtenBytes, written);
  t.ok((side.journalWriter?.unjournaledFrames ?? 0) > 0, 'and that is counted');
});

t.test('--journal off is said, and makes no directory', async (t) => {
  const { side, said } = await open(t, undefined);
  t.match(
    said(),
    /warn {2}--journal off: what was received and is not stored is lost when the collector ends/,
  );
  t.same([side.journal, side.journalWriter], [undefined, undefined]);
});

t.test(
  'a second one on the same journal is refused, and one that could not open its socket lets go of it',
  async (t) => {
    const directory = join(temporaryDirectory(t), 'journal');
    const { side, end } = await open(t, directory);
    const refusal = { name: 'ConfigError', message: /--journal \S+ is in use by another collector/ };
    await t.rejects(open(t, directory), refusal);
    await side.close();
    await t.rejects(open(t, directory), refusal, 'the ledger is at work in it still');
    await end();
    const other = await open(t, undefined);
    await t.rejects(
      open(t, directory, {}, { listen: [other.side.reception.listeners[0]?.name ?? ''] }),
      ConfigError,
    );
    const again = await open(t, directory);
    await again.end();
  },
);

t.test('what is wrong with options is said before the journal is touched', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  await t.rejects(open(t, directory, {}, { allow: ['10.0.0.0/33'] }), ConfigError);
  await t.rejects(open(t, directory, {}, { listen: ['tcp://:1'] }), ConfigError);
  t.notOk(existsSync(directory));
});

t.test('a segment that cannot be read is told, and left alone', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const first = await open(t, directory);
  await first.send('one');
  await first.end();
  const stranger = join(directory, '0000000099999999.flj');
  writeFileSync(stranger, 'no segment');
  const second = await open(t, directory);
  t.match(second.said(), /warn {2}\S+0000000099999999\.flj .*: left alone/);
  await second.end();
  t.equal(readFileSync(stranger, 'utf8'), 'no segment');
});
