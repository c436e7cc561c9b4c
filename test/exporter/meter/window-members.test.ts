import t from 'tap';
import { WindowMembers } from '../../../exporter/meter/window-members.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

t.test('a member is of one window', async (t) => {
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 10, hashSeed: 1 });
  members.advance(0);
  t.ok(members.add(1, 2, 3, 4, 5));
  t.notOk(members.add(1, 2, 3, 4, 5));
  t.ok(members.has(1, 2, 3, 4, 5));
  const others: readonly (readonly [number, number, number, number, number])[] = [
    [2, 2, 3, 4, 5],
    [1, 3, 3, 4, 5],
    [1, 2, 4, 4, 5],
    [1, 2, 3, 5, 5],
    [1, 2, 3, 4, 6],
  ];
  for (const other of others) t.notOk(members.has(...other));
});

t.test('words above 2^31 are the same words', async (t) => {
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 10, hashSeed: 1 });
  t.ok(members.add(0xfffffffe, 0xffffffff, 0x80000000, 0, 0));
  t.ok(members.has(-2, -1, -0x80000000, 0, 0));
});

t.test('members stay for once to twice their life', async (t) => {
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 10, hashSeed: 1 });
  members.advance(1000);
  members.add(1, 0, 0, 0, 0);
  members.advance(1099);
  members.add(2, 0, 0, 0, 0);
  members.advance(1100);
  members.add(3, 0, 0, 0, 0);
  members.advance(1199);
  t.same(
    [1, 2, 3].map((window) => members.has(window, 0, 0, 0, 0)),
    [true, true, true],
  );
  members.advance(1200);
  t.same(
    [1, 2, 3].map((window) => members.has(window, 0, 0, 0, 0)),
    [false, false, true],
  );
  t.notOk(members.add(3, 0, 0, 0, 0), 'it is there from the time before');
});

t.test('a clock that is set back begins another time', async (t) => {
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 10, hashSeed: 1 });
  for (const nowMicros of [1_000_000, 500]) members.advance(nowMicros);
  members.add(1, 0, 0, 0, 0);
  members.advance(600);
  members.advance(700);
  t.notOk(members.has(1, 0, 0, 0, 0));
});

t.test('one above the limit is not kept, until there is room again', async (t) => {
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 3, hashSeed: 1 });
  members.advance(0);
  for (let i = 0; i < 3; i++) t.ok(members.add(1, i, 0, 0, 0));
  t.notOk(members.add(1, 3, 0, 0, 0));
  t.notOk(members.has(1, 3, 0, 0, 0));
  members.advance(100);
  t.ok(members.add(1, 3, 0, 0, 0));
  t.notOk(members.add(1, 0, 0, 0, 0));
});

t.test('it is a set, also while it grows, and when it is used again', async (t) => {
  const random = new SeededRandom(7);
  const members = new WindowMembers({ lifeMicros: 100, maxMembers: 5000, hashSeed: 3 });
  for (let time = 0; time < 300; time += 100) {
    // The generation in use is empty, and the one before is of windows that are not asked for.
    members.advance(time);
    const known = new Set<string>();
    for (let i = 0; i < 8000; i++) {
      const [a, b] = [random.below(60), random.below(60)];
      const isNew = !known.has(`${a} ${b}`);
      known.add(`${a} ${b}`);
      if (members.add(time, a, 0, 0, b) !== isNew) t.fail(`${a} ${b} at ${i}`);
    }
    t.ok(known.size > 3000);
  }
});
