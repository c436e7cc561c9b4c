/** A decoder that was saved and restored goes on as if it had never stopped. */

import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { DecoderLimits } from '../../collector/decode/limits.ts';
import { DecoderRig, receivedMicros } from '../support/decoder-rig.ts';
import { mutate } from '../support/mutator.ts';
import { randomSession, type Step } from '../support/random-session.ts';
import { SeededRandom } from '../support/seeded-random.ts';

/** Few and small, so that everything that can be evicted is. */
const tight: Partial<DecoderLimits> = {
  domains: 12,
  sessionsPerDomain: 3,
  templatesPerSession: 4,
  templateFieldsPerDomain: 80,
  sessions: 20,
  templateFields: 500,
  waitingBytes: 24_000,
  waitingBytesPerDomain: 6000,
  waitingMicros: 20e6,
  templateMicros: 60e6,
  samplersPerDomain: 3,
  announcedPerDomain: 5,
  announcedElements: 12,
};

const capacity = 4096;
const extraKeys = 12;

const newRig = (): DecoderRig => new DecoderRig({ capacity, limits: tight, extraKeys });
const stateOf = (rig: DecoderRig): string => JSON.stringify(rig.decoder.save());
const restart = (rig: DecoderRig): DecoderRig => {
  const next = newRig();
  next.decoder.restore(JSON.parse(stateOf(rig)));
  return next;
};

const play = (rig: DecoderRig, step: Step): void => {
  if (step.expires) rig.decoder.expire(step.micros);
  rig.send(step.bytes, step);
};

const made = (rig: DecoderRig) => ({ rows: rig.rows(), options: rig.options });
const drop = (rig: DecoderRig): void => {
  rig.reuse();
  rig.options.length = 0;
};

t.test('cut anywhere: the same rows, the same options, the same state', async (t) => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= 12; seed++) {
    const random = new SeededRandom(seed);
    const steps = randomSession(random, 400, true);
    const whole = newRig();
    let cut = newRig();
    for (const [i, step] of steps.entries()) {
      if (random.chance(0.1)) {
        const [theirs, ours] = [made(whole), made(cut)];
        if (!isDeepStrictEqual(ours, theirs))
          return t.same(ours, theirs, `before datagram ${i}, seed ${seed}`);
        if (theirs.rows.length > 0) reached.add('rows');
        drop(whole);
        cut = restart(cut);
      }
      play(whole, step);
      play(cut, step);
      if (whole.decoder.waiting.bytes > 0) reached.add('waiting');
    }
    t.equal(stateOf(cut), stateOf(whole), `state with seed ${seed}`);
    const { totals, decoder, sink } = whole;
    for (const [name, count] of Object.entries(totals)) if (Number(count) > 0) reached.add(name);
    for (const domain of decoder.domains) {
      for (const [name, count] of Object.entries(domain.sequenceSums())) if (count > 0) reached.add(name);
      if (domain.systemInitMs > 0) reached.add('boot times');
      if (domain.elements.size > 0) reached.add('elements announced');
      if (domain.sampling.refused > 0) reached.add('samplers refused');
    }
    if (decoder.domains.evicted > 0) reached.add('domains evicted');
    if (sink.extraKeysRefused > 0) reached.add('keys refused');
  }
  const needed = ['rows', 'waiting', 'dataSetsExpired', 'dataSetsDropped', 'templatesReplaced', 'templatesRefused',
    'templatesExpired', 'optionsRecords', 'boot times', 'missing', 'reordered', 'duplicate', 'unknown', 'restarts', 'samplers refused',
    'domains evicted', 'keys refused', 'elementsRefused', 'elements announced', 'partly', 'malformed']; // biome-ignore format: a list
  t.same(needed.filter((name) => !reached.has(name)), [], 'all of that happened'); // biome-ignore format: short
});

t.test('20,000 damaged datagrams, restored every 500: the same books', async (t) => {
  const random = new SeededRandom(7);
  const steps = randomSession(random, 1000, true);
  const [whole, started] = [newRig(), newRig()];
  let cut = started;
  let micros = receivedMicros;
  for (let i = 0; i < 20_000; i++) {
    if (i % 500 === 0) cut = restart(cut);
    const step = random.pick(steps);
    micros += random.below(100_000);
    const bytes = mutate(step.bytes, random, random.pick(steps).bytes);
    for (const rig of [whole, cut]) {
      play(rig, { ...step, bytes, micros });
      drop(rig);
    }
  }
  t.equal(stateOf(cut), stateOf(whole));
  t.equal(whole.totals.datagrams, 20_000);
  t.ok(whole.totals.flowRecords > 1000);
});
