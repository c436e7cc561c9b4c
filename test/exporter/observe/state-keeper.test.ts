import t from 'tap';
import type { ReadState } from '../../../exporter/observe/read-state.ts';
import { StateKeeper } from '../../../exporter/observe/state-keeper.ts';

const state = (position: number, headHash = 'a'): ReadState => ({
  path: '/log',
  identity: { device: '1', inode: '2' },
  position,
  line: position,
  headBytes: 10,
  headHash,
});

const makeRig = (save: (state: ReadState) => Promise<void> = async () => undefined) => {
  const saved: number[] = [];
  const warnings: string[] = [];
  const keeper = new StateKeeper({
    delayMs: 2000,
    save: async (now) => {
      saved.push(now.position);
      await save(now);
    },
    warn: (message) => warnings.push(message),
  });
  return { keeper, saved, warnings };
};

const settled = () => new Promise(setImmediate);

t.test('a state is saved when what was read until then has left', async (t) => {
  const { keeper, saved } = makeRig();
  for (let second = 0; second <= 5; second++) {
    keeper.note(state(100 * second), 1000 * second);
    await settled();
  }
  t.same(saved, [0, 100, 200, 300]);
  await keeper.finish(state(555));
  t.same(saved, [0, 100, 200, 300, 555]);
});

t.test('where reading begins is saved at once', async (t) => {
  const { keeper, saved } = makeRig();
  keeper.begin(state(7));
  t.same(saved, [7]);
});

t.test('the same is not saved again, and a slow disk is waited for', async (t) => {
  let finish = (): void => undefined;
  const { keeper, saved } = makeRig(() => new Promise((resolve) => (finish = resolve)));
  keeper.note(state(1), 0);
  keeper.note(state(1), 2000);
  keeper.note(state(2), 3000);
  keeper.note(state(3), 9000);
  t.same(saved, [1]);
  finish();
  await settled();
  keeper.note(state(3), 10_000);
  t.same(saved, [1, 2], 'the newest that is old enough');
  finish();
  await settled();
  const finishing = keeper.finish(state(2));
  await finishing;
  t.same(saved, [1, 2]);
  void keeper.finish(state(2, 'another file'));
  await settled();
  t.same(saved, [1, 2, 2]);
});

t.test('what cannot be saved is told, and tried again', async (t) => {
  const { keeper, warnings, saved } = makeRig(() => Promise.reject(new Error('no room')));
  await keeper.finish(state(7));
  await keeper.finish(state(7));
  t.same(warnings, ['--state: no room', '--state: no room']);
  t.same(saved, [7, 7]);
});
