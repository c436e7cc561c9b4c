/** Damaged datagrams in great number through the decoder: each ends in one bucket, in bounded memory. */

import type { Test } from 'tap';
import { DecoderRig } from '../support/decoder-rig.ts';
import { heapBytes } from '../support/heap-bytes.ts';
import { malformedFixtures } from '../support/malformed-fixtures.ts';
import { u32 } from '../support/message-hex.ts';
import { ipfixSample, netflow5Sample, netflow9Sample } from '../support/message-samples.ts';
import { mutate } from '../support/mutator.ts';
import { corpusCaptures, ownCaptures, readCaptures } from '../support/read-captures.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const slackBytes = 32 << 20;

const readSources = async (): Promise<readonly (readonly Uint8Array[])[]> => {
  const own = [...(await readCaptures(ownCaptures)).values()];
  const corpus = corpusCaptures ? [...(await readCaptures(corpusCaptures, 100)).values()] : [];
  const samples = [
    ipfixSample,
    netflow9Sample,
    netflow5Sample,
    ...malformedFixtures().map(([, bytes]) => bytes),
  ];
  return [...[...own, ...corpus].map((messages) => messages.map((m) => m.bytes)), samples];
};

const checkBooks = (t: Test, { totals, sink, recycledRows }: DecoderRig, sent: number): void => {
  const { dataSetsDecoded, dataSetsMalformed, dataSetsWaiting, dataSetsExpired, dataSetsDropped } = totals;
  t.same(
    {
      sent: totals.datagrams,
      outcomes: totals.decoded + totals.partly + totals.malformed,
      sets: dataSetsDecoded + dataSetsMalformed + dataSetsWaiting + dataSetsExpired + dataSetsDropped,
      records: recycledRows + sink.batch.rows + sink.recordsDropped,
    },
    { sent, outcomes: sent, sets: totals.dataSets, records: totals.flowRecords },
    'the books add up',
  );
};

export const fuzzDecoder = async (t: Test, seed: number, count: number): Promise<string> => {
  const random = new SeededRandom(seed);
  const sources = await readSources();
  const rig = new DecoderRig({ capacity: 1 << 17, recycle: true });
  let micros = 1_709_208_130e6;
  let middle = 0;
  for (let sent = 0; sent < count; sent++) {
    const source = random.below(sources.length);
    const from = sources[source] ?? [];
    const bytes = random.pick(from);
    const other = random.pick(random.chance(0.2) ? random.pick(sources) : from);
    micros += random.below(200_000);
    rig.send(random.chance(0.1) ? bytes : mutate(bytes, random, other), {
      address: `00000000000000000000ffff0a00${u32(source).slice(4)}`,
      port: 1000 + random.below(3),
      micros,
    });
    if (sent % 500 === 0) {
      rig.options.length = 0;
      rig.decoder.expire(micros);
    }
    if (sent === Math.floor(count / 2)) middle = heapBytes();
  }
  checkBooks(t, rig, count);
  const end = heapBytes();
  t.ok(end < 1.5 * middle + slackBytes, `${middle >> 20} MiB in the middle, ${end >> 20} MiB at the end`);
  const { decoded, partly, malformed } = rig.totals;
  return `${count} datagrams: ${decoded} decoded, ${partly} in part, ${malformed} malformed; ${end >> 20} MiB`;
};
