/** Whatever comes, it ends in exactly one bucket, in bounded memory and time. */

import t, { type Test } from 'tap';
import { decoderLimits } from '../../collector/decode/limits.ts';
import { DecoderRig } from '../support/decoder-rig.ts';
import type { Fate } from '../support/fake-flows.ts';
import { indexFrames } from '../support/frame-index.ts';
import { heapBytes } from '../support/heap-bytes.ts';
import { LedgerRig } from '../support/ledger-rig.ts';
import { malformedFixtures } from '../support/malformed-fixtures.ts';
import { exportSeconds, ipfix, netflow9, set, templateRecord, u32 } from '../support/message-hex.ts';
import { ipfixSample, netflow5Sample, netflow9Sample } from '../support/message-samples.ts';
import { buildMixedJournal } from '../support/mixed-journal.ts';
import { mutate } from '../support/mutator.ts';
import { randomFields, randomRecord, recordHex } from '../support/random-records.ts';
import { type CapturedMessage, corpusCaptures, ownCaptures, readCaptures } from '../support/read-captures.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const seed = 20240229;
const capacity = 1 << 17;
/** Slack for what the engine itself keeps. */
const slackBytes = 24 << 20;

const makeRig = (): DecoderRig => new DecoderRig({ capacity, recycle: true });

/** Of this process: what others take of a busy machine does not count. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** As the ledger does between datagrams. */
const housekeep = (rig: DecoderRig, micros: number): void => {
  rig.options.length = 0;
  rig.decoder.expire(micros);
  const { batch } = rig.sink;
  if (batch.rows === 0) return;
  rig.recycledRows += batch.rows;
  batch.clear();
};

/** What does not add up; an empty list when all does. */
const faultsOf = (rig: DecoderRig, sent: number): readonly string[] => {
  const { totals, decoder, sink } = rig;
  const faults: string[] = [];
  const equal = (name: string, a: number, b: number): void => {
    if (a !== b) faults.push(`${name}: ${a} is not ${b}`);
  };
  equal('datagrams sent', totals.datagrams, sent);
  equal('datagrams', totals.decoded + totals.partly + totals.malformed, totals.datagrams);
  const { dataSetsDecoded, dataSetsMalformed, dataSetsWaiting, dataSetsExpired, dataSetsDropped } = totals;
  const outcomes = dataSetsDecoded + dataSetsMalformed + dataSetsWaiting + dataSetsExpired + dataSetsDropped;
  equal('Data Sets', outcomes, totals.dataSets);
  equal('flow records', rig.recycledRows + sink.batch.rows + sink.recordsDropped, totals.flowRecords);
  equal('records dropped', sink.recordsDropped, 0);
  let waiting = 0;
  let sets = 0;
  for (const domain of decoder.domains) {
    waiting += domain.waitingBytes;
    for (const some of domain.waiting.values()) sets += some.length;
    if (domain.waitingBytes > decoderLimits.waitingBytesPerDomain) faults.push('too much waits in a domain');
    const entries = new Set([
      ...domain.newest.values(),
      ...[...domain.sessions.values()].flatMap((s) => [...s.templates.values()]),
    ]);
    equal(
      'fields of Templates',
      [...entries].reduce((sum, e) => sum + e.template.fields.length, 0),
      domain.templateFields,
    );
  }
  equal('octets waiting', waiting, decoder.waiting.bytes);
  equal('Sets waiting', sets, dataSetsWaiting);
  if (waiting > decoderLimits.waitingBytes) faults.push('too much waits');
  return faults;
};

t.test('captures and fixtures as they are', async (t) => {
  const rig = makeRig();
  let sent = 0;
  const captures = [
    await readCaptures(ownCaptures),
    corpusCaptures ? await readCaptures(corpusCaptures) : new Map(),
  ];
  for (const messages of captures.flatMap((some) => [...some.values()])) {
    for (const message of messages as CapturedMessage[]) {
      rig.send(message.bytes, message);
      if (sent++ % 500 === 0) housekeep(rig, message.micros);
    }
  }
  for (const [, bytes] of malformedFixtures()) {
    rig.send(bytes);
    sent++;
  }
  t.same(faultsOf(rig, sent), []);
  if (!corpusCaptures) t.comment('../shared/corpus is not there: own captures only');
});

t.test('60,000 damaged datagrams', async (t) => {
  const random = new SeededRandom(seed);
  const own = [...(await readCaptures(ownCaptures)).values()];
  const corpus = corpusCaptures ? [...(await readCaptures(corpusCaptures, 100)).values()] : [];
  const samples = [
    ipfixSample,
    netflow9Sample,
    netflow5Sample,
    ...malformedFixtures().map(([, bytes]) => bytes),
  ];
  const sources = [...own, ...corpus].map((messages) => messages.map((m) => m.bytes)).concat([samples]);
  const rig = makeRig();
  const count = 60_000;
  let micros = (exportSeconds + 2) * 1e6;
  let slowestMs = 0;
  let early = 0;
  for (let sent = 0; sent < count; sent++) {
    const source = random.below(sources.length);
    const from = sources[source] ?? samples;
    const bytes = random.pick(from);
    const other = random.chance(0.2) ? random.pick(random.pick(sources)) : random.pick(from);
    const damaged = random.chance(0.1) ? bytes : mutate(bytes, random, other);
    micros += random.below(200_000);
    const beforeMs = cpuMs();
    rig.send(damaged, {
      address: `00000000000000000000ffff0a00${u32(source).slice(4)}`,
      port: 1000 + random.below(3),
      micros,
    });
    slowestMs = Math.max(slowestMs, cpuMs() - beforeMs);
    if (sent % 500 === 0) housekeep(rig, micros);
    if (sent % 20_000 === 0) {
      const faults = faultsOf(rig, sent + 1);
      if (faults.length > 0) return t.same(faults, [], `after ${sent} datagrams with seed ${seed}`);
    }
    if (sent === count / 2) early = heapBytes();
  }
  t.same(faultsOf(rig, count), []);
  const { totals } = rig;
  t.ok(totals.decoded > 0 && totals.partly > 0 && totals.malformed > 0, 'all outcomes occur');
  t.ok(totals.dataSetsWaiting + totals.dataSetsExpired > 0);
  t.ok(slowestMs < 2000, `the slowest took ${slowestMs.toFixed(1)} ms`);
  const late = heapBytes();
  t.ok(late < 1.5 * early + slackBytes, `${early >> 20} MiB in the middle, ${late >> 20} MiB at the end`);
  t.comment(`reasons: ${JSON.stringify(rig.reasons())}`);
});

t.test('50,000 strangers with Templates of their own, and one exporter that works', async (t) => {
  const random = new SeededRandom(seed);
  const rig = makeRig();
  let micros = (exportSeconds + 2) * 1e6;
  const real = { address: '00000000000000000000ffffc6336401', port: 4000 };
  const fields = [[8, 4], [12, 4], [1, 4]] as const; // biome-ignore format: a list
  rig.send(ipfix({}, set(2, templateRecord(256, fields))), { ...real, micros });
  let sent = 1;
  let records = 0;
  let early = 0;
  const strangers = 50_000;
  for (let i = 0; i < strangers; i++) {
    micros += 100;
    const version = random.chance(0.5) ? 10 : 9;
    const message = version === 9 ? netflow9 : ipfix;
    const theirs = randomFields(random, version);
    const id = random.between(256, 400);
    const record = recordHex(random, randomRecord(random, theirs));
    const sets = [
      set(version === 9 ? 0 : 2, templateRecord(id, theirs)),
      set(id, record),
      set(401, '00112233'),
    ];
    const known = sets.slice(0, random.between(1, 3));
    const address = `20010db8${u32(i)}00000000${u32(random.below(2 ** 32))}`;
    rig.send(message({ domain: random.below(5) }, ...known), { address, port: 1024 + (i % 60000), micros });
    sent++;
    if (i % 50 === 0) {
      rig.send(ipfix({ sequence: records }, set(256, 'c0000201 c0000202 00000064')), { ...real, micros });
      sent++;
      records++;
    }
    if (i % 500 === 0) housekeep(rig, micros);
    if (i === strangers / 2) early = heapBytes();
  }
  const late = heapBytes();
  t.same(faultsOf(rig, sent), []);
  const served = [...rig.decoder.domains].find(
    (d) => Buffer.from(d.exporter).toString('hex') === real.address,
  );
  t.equal(served?.counters.flowRecords, records, 'every record of the exporter became a row');
  t.equal(served?.counters.dataSetsKept, 0, 'and none had to wait');
  t.equal(served?.sequenceSums().missing, 0);
  t.ok(rig.decoder.domains.size <= decoderLimits.domains);
  t.ok(late < 1.3 * early + slackBytes, `${early >> 20} MiB in the middle, ${late >> 20} MiB at the end`);
});

/** The books of one life of a ledger, which may be looked at at any time. */
const ledgerFaults = (rig: LedgerRig): readonly string[] => {
  const books = rig.snapshot();
  const datagrams = books.decoded + books.partly + books.malformed;
  const stored = books.rowsStored + books.rowsQuarantined + books.rowsGivenUp + books.pendingRows;
  const records = stored + books.recordsDropped + books.recordsDiscarded;
  const faults: string[] = [];
  if (datagrams !== books.datagrams) faults.push(`${books.datagrams} datagrams, ${datagrams} in buckets`);
  if (records !== books.flowRecords) faults.push(`${books.flowRecords} records, ${records} in buckets`);
  return faults;
};

/** Killed and begun again until the journal is at its end. What ClickHouse does is chosen anew each time. */
const liveOn = async (rig: LedgerRig, random: SeededRandom, t: Test): Promise<LedgerRig> => {
  const faults: string[] = [];
  let killed: LedgerRig | undefined;
  rig.flows.fate = (offer): Fate => {
    // Nothing comes of what is offered later.
    if (killed) return 'hang';
    if (offer.mode === 'new' && random.chance(0.2)) {
      killed = rig.crash(t);
      setImmediate(() => void rig.ledger.finish(0));
      return random.pick(['lose', 'part', 'hang', 'store'] as const);
    }
    return random.chance(0.2) ? Math.min(3, offer.rows.length) : 'store';
  };
  rig.onChunk = async () => {
    faults.push(...ledgerFaults(rig));
    await rig.sweep();
  };
  await rig.recover();
  await rig.begin();
  const before = rig.frames.decoder.datagrams;
  await rig.finish();
  faults.push(...ledgerFaults(rig));
  t.same(faults, []);
  t.ok(rig.frames.decoder.datagrams >= before);
  if (!killed) return rig;
  // ClickHouse goes on for a while after the copy was made.
  killed.flows.rows = rig.flows.rows;
  killed.flows.quarantined = rig.flows.quarantined;
  return liveOn(killed.crash(t), random, t);
};

t.test(
  'the ledger is killed again and again: each journaled datagram and each record is in one bucket',
  async (t) => {
    let refused = 0;
    for (const seed of [1, 2, 3, 4]) {
      const random = new SeededRandom(seed);
      const directory = temporaryDirectory(t);
      const { datagrams } = buildMixedJournal(directory, { seed, datagrams: 300 });
      const rig = await liveOn(new LedgerRig(directory, { batchRows: 30 }), random, t);
      const totals = rig.frames.decoder.domains.totals();
      t.equal(totals.datagrams, datagrams.length);
      t.equal(totals.decoded + totals.partly + totals.malformed, datagrams.length);
      const { rows, quarantined } = rig.flows;
      // Which batches are refused depends on when it is killed.
      refused += quarantined.length;
      t.ok(rows.length > 300);
      t.equal(rows.length + quarantined.length, totals.flowRecords, `seed ${seed}`);
    }
    t.ok(refused > 0);
  },
);

t.test('the journal is full, and the ledger is killed: what was discarded is in the books', async (t) => {
  const directory = temporaryDirectory(t);
  const { datagrams } = buildMixedJournal(directory, { seed: 5, datagrams: 600, parts: 1 });
  const journaled = indexFrames(directory).filter(({ isDatagram }) => isDatagram).length;
  t.equal(journaled, datagrams.length);
  const rig = new LedgerRig(directory, { maxBytes: 60 << 10 });
  rig.flows.fate = () => 'hang';
  rig.onChunk = () => rig.sweep();
  await rig.begin();
  void rig.ledger.run();
  await rig.reach('full', () => rig.snapshot().datagramsDiscarded > 0 && !rig.keeper.isFull);
  t.same(ledgerFaults(rig), []);
  const { recordsDiscarded, datagramsDiscarded } = rig.snapshot();
  const next = await rig.crash(t, { maxBytes: Number.POSITIVE_INFINITY }).live();
  await rig.finish(0);
  t.same(ledgerFaults(next), []);
  const totals = next.frames.decoder.domains.totals();
  t.equal(totals.datagrams, journaled, 'decoded, all of them');
  t.equal(next.flows.rows.length + recordsDiscarded, totals.flowRecords);
  const dropped = next.frames.books.save().journalDrops.reduce((sum, [, count]) => sum + count, 0);
  t.equal(dropped, datagramsDiscarded);
});
