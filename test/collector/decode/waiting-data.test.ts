import t from 'tap';
import { type DecoderLimits, decoderLimits, waitingSetBytes } from '../../../collector/decode/limits.ts';
import { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import type { Message } from '../../../collector/decode/record-sink.ts';
import { WaitingData } from '../../../collector/decode/waiting-data.ts';

const make = (limits: Partial<DecoderLimits> = {}) => {
  const all = { ...decoderLimits, ...limits };
  const waiting = new WaitingData(all);
  const newDomain = () => new ObservationDomain(new Uint8Array(16), 7, all);
  const keep = (domain: ObservationDomain, id: number, octets: readonly number[], receivedMicros = 0): void =>
    waiting.keep(
      domain,
      id,
      { receivedMicros } as Message,
      Buffer.from([0, ...octets, 0]),
      1,
      1 + octets.length,
    );
  return { waiting, newDomain, keep };
};

t.test('Sets of a Template come out in their order, as they were', async (t) => {
  const { waiting, newDomain, keep } = make();
  const domain = newDomain();
  keep(domain, 256, [1, 2]);
  keep(domain, 257, [9]);
  keep(domain, 256, [3]);
  t.equal(waiting.bytes, 4 + 3 * waitingSetBytes);
  t.match(domain.counters, { dataSetsWaiting: 3, dataSetsKept: 3 });
  t.same(waiting.take(domain, 256).map((set) => [...set.bytes]), [[1, 2], [3]]); // biome-ignore format: short
  t.same(waiting.take(domain, 256), []);
  t.same(
    [waiting.bytes, domain.waitingBytes, domain.counters.dataSetsWaiting],
    [1 + waitingSetBytes, 1 + waitingSetBytes, 1],
  );
});

t.test('the octets are a copy', async (t) => {
  const { waiting, newDomain } = make();
  const domain = newDomain();
  const octets = Buffer.from([1, 2, 3]);
  waiting.keep(domain, 256, { receivedMicros: 0 } as Message, octets, 0, 3);
  octets.fill(0);
  t.same([...(waiting.take(domain, 256)[0]?.bytes ?? [])], [1, 2, 3]);
});

t.test('bounded in a domain and in all, by octets and by number', async (t) => {
  const { waiting, newDomain, keep } = make({
    waitingBytesPerDomain: 3 * (waitingSetBytes + 1),
    waitingBytes: 4 * (waitingSetBytes + 1),
  });
  const [first, second] = [newDomain(), newDomain()];
  for (let i = 0; i < 5; i++) keep(first, 256 + i, [i]);
  t.match(
    first.counters,
    { dataSetsWaiting: 3, dataSetsDropped: 2, dataSetsKept: 3 },
    'the newcomer is dropped',
  );
  for (let i = 0; i < 3; i++) keep(second, 256, [i]);
  t.match(second.counters, { dataSetsWaiting: 1, dataSetsDropped: 2 });
  t.equal(waiting.bytes, 4 * (waitingSetBytes + 1));
});

t.test('expiry, by Template and by domain', async (t) => {
  const { waiting, newDomain, keep } = make({ waitingMicros: 100 });
  const domain = newDomain();
  for (const at of [0, 50, 120]) keep(domain, 256, [at], at);
  keep(domain, 257, [1], 0);
  waiting.expireSets(domain, 256, 151);
  t.match(domain.counters, { dataSetsWaiting: 2, dataSetsExpired: 2 });
  waiting.expire(domain, 100);
  t.match(domain.counters, { dataSetsWaiting: 2 }, 'the limit itself is not too old');
  waiting.expire(domain, 1000);
  t.match(domain.counters, { dataSetsWaiting: 0, dataSetsExpired: 4 });
  t.same([waiting.bytes, domain.waiting.size], [0, 0]);
});

t.test('a domain that goes away', async (t) => {
  const { waiting, newDomain, keep } = make();
  const domain = newDomain();
  keep(domain, 256, [1]);
  keep(domain, 257, [1]);
  waiting.drop(domain);
  t.match(domain.counters, { dataSetsWaiting: 0, dataSetsExpired: 2 });
  t.equal(waiting.bytes, 0);
});

t.test('saved and restored: it waits on, in its order, and takes the same room', async (t) => {
  const { waiting, newDomain, keep } = make({ waitingMicros: 100 });
  const [domain, next] = [newDomain(), newDomain()];
  keep(domain, 300, [0xff, 0], 10);
  keep(domain, 256, [1], 20);
  keep(domain, 300, [7, 8, 9], 30);
  const saved = waiting.save(domain);
  t.match(saved, [
    { templateId: 300, receivedMicros: 10, octets: '/wA=' },
    { templateId: 300, receivedMicros: 30, octets: 'BwgJ' },
    { templateId: 256, receivedMicros: 20, octets: 'AQ==' },
  ]);
  const { waiting: other } = make({ waitingMicros: 100 });
  next.counters.restore(domain.counters.save());
  other.restore(next, saved);
  t.same(other.save(next), saved);
  t.same([other.bytes, next.waitingBytes, next.counters.dataSetsWaiting], [waiting.bytes, domain.waitingBytes, 3]); // biome-ignore format: short
  other.expireSets(next, 300, 111);
  const [set, ...none] = other.take(next, 300);
  t.same([set?.bytes, none], [new Uint8Array([7, 8, 9]), []]); // biome-ignore format: short
  t.equal(set?.message.state, next);
  other.drop(next);
  t.same([other.bytes, next.counters.dataSetsWaiting], [0, 0]); // biome-ignore format: short
});
