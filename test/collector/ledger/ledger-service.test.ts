import { cpSync } from 'node:fs';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { listCheckpoints } from '../../../collector/journal/checkpoint-file.ts';
import { CommitLog, readCommitLog } from '../../../collector/journal/commit-log.ts';
import type { FromLedger, LedgerOptions } from '../../../collector/ledger/ledger-messages.ts';
import { LedgerService } from '../../../collector/ledger/ledger-service.ts';
import { type ChunkFrame, chunkOf } from '../../support/chunk-bytes.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import { type FakeAnswer, type FakeRequest, startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { buildJournal, builtJournalId } from '../../support/journal-builder.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const template = ipfix({}, set(2, templateRecord(256, [[1, 4]])));
const data = (...bytes: readonly number[]): Uint8Array => ipfix({}, set(256, ...bytes.map(u32)));
const textOf = ({ parameters, body }: FakeRequest): string =>
  parameters.get('query') ?? body.toString('latin1');
const isInsert = (request: FakeRequest): boolean => textOf(request).startsWith('INSERT INTO `books`.flows');
/** Nobody counts the rows of these, so each batch is sent once more, under a token behind its name. */
const isInsertOfName = (request: FakeRequest): boolean =>
  isInsert(request) && !request.parameters.get('insert_deduplication_token')?.includes('.');
const isCount = (request: FakeRequest): boolean => /count\(\) AS n FROM `books`/.test(textOf(request));
const number = (n: number): FakeAnswer => ({ body: `{"n":"${n}"}\n` });

/** Tables are there, nothing runs, `flows` is empty; INSERTs are taken. */
const answerAll = (request: FakeRequest): FakeAnswer => {
  if (isCount(request) || /system\.processes/.test(textOf(request))) return number(0);
  return /system\.tables/.test(textOf(request)) ? number(1) : {};
};

const start = async (
  t: Test,
  more: Partial<LedgerOptions> = {},
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer> = answerAll,
) => {
  const { url, requests } = await startFakeClickHouse(t, answer);
  const told: FromLedger[] = [];
  const options: LedgerOptions = {
    connection: { url, user: 'somebody', password: 'x', database: 'books' },
    ...{ collector: 'here', groups: [], keepExtra: true, batchRows: 100, batchAgeMs: 60_000 },
    ...{ insertsInFlight: 1, exporters: [], journal: undefined, quarantineDir: undefined, version: '1' },
    ...more,
  };
  const service = new LedgerService(options, {
    tell: (message) => void told.push(message),
    log: (level, message, fields = {}) => void told.push({ type: 'log', level, message, fields }),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
  });
  const said = (type: FromLedger['type']): readonly FromLedger[] => told.filter((m) => m.type === type);
  const send = (frames: readonly ChunkFrame[], position = 0): void => {
    const chunk = chunkOf(frames, position);
    service.take({ type: 'chunk', chunk: chunk.buffer as ArrayBuffer, usedBytes: chunk.length });
  };
  const stopped = async () => {
    const [message] = await until('stopped', () => said('stopped').length > 0 && said('stopped'));
    return message?.type === 'stopped' ? message.snapshot : undefined;
  };
  return { service, requests, told, said, send, stopped };
};

/** A journal with a batch under way: three rows are intended. `collector`: whose they are, if that is written down. */
const makeJournal = async (t: Test, collector?: string) => {
  const directory = temporaryDirectory(t);
  const exporter = { address: '192.0.2.9', port: 50000 };
  const { end } = buildJournal(directory, [
    { ...exporter, payload: template, micros: receivedMicros },
    { ...exporter, payload: data(1, 2, 3), micros: receivedMicros + 1 },
    { ...exporter, payload: data(4), micros: receivedMicros + 2 },
  ]);
  const log = CommitLog.open(directory, builtJournalId, { sync: false });
  const first = 32 + 40 + template.length;
  const micros = receivedMicros + 1;
  const range = { start: first, end: first + 40 + 32, firstMicros: micros, lastMicros: micros };
  await log.options({ groups: [], keepExtra: true, exporters: [], version: '1', collector });
  await log.intent({ batch: 1, ...range, rows: 3, token: 'the-batch' });
  await log.close();
  const journal = {
    directory,
    id: builtJournalId,
    position: end,
    bytes: 0,
    maxBytes: 1e9,
    keepMicros: 0,
    durable: false,
  };
  return { directory, journal, end };
};

t.test('rows are stored once the tables are ready, and not before', async (t) => {
  const { service, requests, told, said, send, stopped } = await start(t);
  send([{ payload: template, micros: receivedMicros }]);
  service.take({ type: 'exporters', exporters: [] });
  await service.run();
  t.equal(told[0]?.type, 'recovered');
  send([{ payload: data(7, 8), micros: receivedMicros + 1 }], 1000);
  await until('chunks come back', () => said('recycle').length === 2);
  service.take({ type: 'stop', withinMs: 20_000 });
  for (let i = 0; i < 20; i++) await eventLoopTurn();
  t.equal(requests.filter(isInsert).length, 0);
  service.take({ type: 'prepared' });
  t.match(await stopped(), { datagrams: 2, rowsStored: 2, pendingRows: 0, rowsGivenUp: 0 });
  t.equal(requests.filter(isInsert).length, 1);
  t.same(said('stored'), [{ type: 'stored', untilMicros: receivedMicros + 2 }], 'told at once');
});

t.test('an end before the tables are ready', async (t) => {
  const { service, requests, said, send, stopped } = await start(t);
  await service.run();
  send([
    { payload: template, micros: receivedMicros },
    { payload: data(7), micros: receivedMicros + 1 },
  ]);
  await until('the chunk comes back', () => said('recycle').length === 1);
  service.take({ type: 'stop', withinMs: 1 });
  t.match(await stopped(), { flowRecords: 1, rowsStored: 0, rowsGivenUp: 1, pendingRows: 0 });
  t.equal(requests.filter(isInsert).length, 0);
});

t.test('what was under way is settled before the tables may change', async (t) => {
  const { journal, directory, end } = await makeJournal(t);
  let saidBefore = 0;
  const { service, requests, told, said, send, stopped } = await start(t, { journal }, (request) => {
    if (isInsert(request) && !told.some(({ type }) => type === 'recovered')) saidBefore++;
    return isCount(request) && saidBefore > 0 ? number(3) : answerAll(request);
  });
  await service.run();
  t.equal(saidBefore, 1);
  t.equal(requests.filter(isInsert)[0]?.parameters.get('insert_deduplication_token'), 'the-batch');
  t.match(told.filter(({ type }) => type === 'log'), [{ message: 'settled a batch that was under way' }, { message: 'recovered from the journal', fields: { rows_stored: 3 } }]); // biome-ignore format: short
  send([{ payload: data(9, 10), micros: receivedMicros + 3 }], end);
  await until('the chunk comes back', () => said('recycle').length === 1);
  service.take({ type: 'prepared' });
  service.take({ type: 'stop', withinMs: 20_000 });
  const books = await stopped();
  t.match(books, { datagrams: 2, flowRecords: 3, rowsStored: 3, recovery: { rowsStored: 3, rowsFound: 0 } });
  t.same(readCommitLog(directory, builtJournalId).open, []);
  t.match(listCheckpoints(directory), [{ settled: true }]);
});

t.test('a token names a batch of one run; what is recovered keeps the one in the log', async (t) => {
  const { journal, directory } = await makeJournal(t);
  const copy = temporaryDirectory(t);
  cpSync(directory, copy, { recursive: true });
  const tokensOf = async (path: string): Promise<readonly string[]> => {
    const { service, requests, stopped } = await start(t, { journal: { ...journal, directory: path } });
    await service.run();
    service.take({ type: 'prepared' });
    service.take({ type: 'stop', withinMs: 20_000 });
    t.match(await stopped(), { rowsStored: 1, recovery: { rowsStored: 3 } });
    return requests
      .filter(isInsertOfName)
      .map(({ parameters }) => parameters.get('insert_deduplication_token') ?? '');
  };
  const first = await tokensOf(directory);
  const second = await tokensOf(copy);
  t.same([first.length, first[0], second.length, second[0]], [2, 'the-batch', 2, 'the-batch']);
  const positions = /^\w{20,}(-\d+-\d+)$/;
  t.ok(positions.exec(first[1] ?? '')?.[1]);
  t.equal(positions.exec(first[1] ?? '')?.[1], positions.exec(second[1] ?? '')?.[1], 'of the same frames');
  t.not(first[1], second[1]);
});

t.test('what another name left is settled under that name', async (t) => {
  for (const collector of ['there', undefined]) {
    const { journal } = await makeJournal(t, collector);
    const { service, requests, stopped } = await start(t, { journal });
    await service.run();
    service.take({ type: 'prepared' });
    service.take({ type: 'stop', withinMs: 20_000 });
    await stopped();
    const counted = requests.filter(isCount).map((request) => request.parameters.get('param_collector'));
    t.equal(counted[0], collector ?? 'here');
    t.equal(counted.at(-1), 'here', 'what this one makes is looked for under its own');
    const named = requests.filter(isInsertOfName).map(({ body }) => body.includes('there'));
    t.same(named, [collector === 'there', false]);
  }
});

t.test('an end while ClickHouse is away and something is under way', async (t) => {
  const { journal, directory } = await makeJournal(t);
  const { service, said, stopped } = await start(t, { journal }, () => 'hang up');
  const running = service.run();
  await until('it tries', () => said('log').length > 0);
  service.take({ type: 'stop', withinMs: 1 });
  t.equal(await stopped(), undefined);
  await running;
  t.same(said('recovered'), []);
  t.equal(readCommitLog(directory, builtJournalId).open.length, 1, 'it is there for the next start');
});

t.test('an end at any moment of the beginning leaves no timer behind', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  for (let turns = 0; turns < 40; turns++) {
    const { journal, directory } = await makeJournal(t);
    const log = CommitLog.open(directory, builtJournalId, { sync: false });
    await log.commit(1, 3, 0);
    await log.close();
    const { service, stopped } = await start(t, { journal });
    const before = timers();
    const running = service.run();
    // Steps within one turn of the event loop at first, then whole turns.
    for (let turn = 0; turn < Math.min(turns, 20); turn++) await Promise.resolve();
    for (let turn = 20; turn < turns; turn++) await eventLoopTurn();
    service.take({ type: 'stop', withinMs: 1 });
    await stopped();
    await running;
    if (timers() > before) t.fail(`${timers() - before} timers, stopped after ${turns} turns`);
  }
});
