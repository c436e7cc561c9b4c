import t from 'tap';
import { SamplingState } from '../../../collector/decode/sampling-state.ts';

t.test('a rate for all, and rates by id', async (t) => {
  const state = new SamplingState(10);
  t.equal(state.common, 0);
  state.announce(1, 100);
  t.equal(state.common, 100, 'the only sampler is meant');
  state.announce(2, 100);
  t.equal(state.common, 100, 'both have it');
  state.announce(2, 200);
  t.equal(state.common, 0, 'which one is meant cannot be known');
  t.same([state.find(1), state.find(2), state.find(3)], [100, 200, 0]);
  state.announce(undefined, 50);
  t.equal(state.common, 50);
});

t.test('bounded', async (t) => {
  const state = new SamplingState(2);
  for (const id of [1, 2, 3, 4]) state.announce(id, 10);
  t.same([state.samplers.size, state.refused], [2, 2]);
  state.announce(1, 20);
  t.equal(state.find(1), 20, 'those that are known are still heard');
});

t.test('restored, ids keep their places', async (t) => {
  const state = new SamplingState(2);
  for (const id of [7, 3, 9]) state.announce(id, 10);
  Object.assign(state, { lastRate: 10, lastSource: 2 });
  const saved = { rate: 0, refused: 1, lastRate: 10, lastSource: 2, samplers: [[7, 10], [3, 10]] }; // biome-ignore format: short
  t.same(state.save(), saved);
  const next = new SamplingState(2);
  next.restore(state.save());
  t.equal(next.common, 10, 'what they have in common is known at once');
  t.same(next.save(), saved);
});
