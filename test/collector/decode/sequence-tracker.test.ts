import t from 'tap';
import { SequenceTracker } from '../../../collector/decode/sequence-tracker.ts';

/** Books after these Messages: [sequence, units, boot time]. */
const books = (...messages: readonly (readonly [number, number?, number?])[]) => {
  const tracker = new SequenceTracker();
  for (const [sequence, units, boot] of messages) tracker.observe(sequence, units, boot);
  const { missing, reordered, duplicate, unknown, restarts } = tracker;
  return { missing, reordered, duplicate, unknown, restarts };
};
const clean = { missing: 0, reordered: 0, duplicate: 0, unknown: 0, restarts: 0 };

t.test('nothing is missing', async (t) => {
  t.same(books([500, 10], [510, 0], [510, 5], [515, 1]), clean, 'the first number may be any');
  t.same(books([0xfffffffa, 10], [4, 1], [5, 1]), clean, 'the wrap at 2^32');
});

t.test('a gap is what is missing', async (t) => {
  t.same(books([0, 10], [25, 5], [30, 1]), { ...clean, missing: 15 });
  t.same(books([0xfffffff0, 10], [4, 1]), { ...clean, missing: 10 }, 'over the wrap');
});

t.test('a late Message fills its gap, whole or in part', async (t) => {
  t.same(books([0, 10], [20, 10], [10, 10], [30, 1]), { ...clean, reordered: 1 });
  t.same(books([0, 10], [40, 10], [20, 10]), { ...clean, missing: 20, reordered: 1 });
  t.same(books([0, 10], [40, 10], [20, 10], [10, 10], [30, 10]), { ...clean, reordered: 3 }, 'both parts');
  t.same(books([0xfffffff6, 10], [10, 10], [0, 10], [20, 1]), { ...clean, reordered: 1 }, 'at the wrap');
});

t.test('what comes again', async (t) => {
  t.same(books([0, 10], [10, 10], [10, 10], [20, 1]), { ...clean, duplicate: 1 });
  t.same(
    books([0, 10], [20, 10], [10, 10], [10, 10]),
    { ...clean, reordered: 1, duplicate: 1 },
    'twice late',
  );
});

t.test('more gaps than are remembered', async (t) => {
  const gaps = Array.from({ length: 40 }, (_, i): [number, number] => [2 * i, 1]);
  t.match(books(...gaps, [1, 1]), { missing: 39, duplicate: 1 }, 'the oldest is forgotten');
  t.match(books(...gaps, [77, 1]), { missing: 38, reordered: 1 });
});

t.test('a restart is no loss', async (t) => {
  t.same(books([5000, 10], [0, 10], [10, 1]), { ...clean, restarts: 1 }, 'from 0 on');
  t.same(books([500_000, 10], [300, 10], [310, 1]), { ...clean, restarts: 1 }, 'far back');
  t.same(books([0, 10], [20_000_000, 10], [20_000_010, 1]), { ...clean, restarts: 1 }, 'far ahead');
  t.same(
    books([100, 1, 1000], [90, 1, 60_000], [91, 1, 60_000]),
    { ...clean, restarts: 1 },
    'by its uptime, a little back',
  );
  t.same(books([100, 1, 1000], [200, 1, 60_000], [201, 1, 60_000]), { ...clean, restarts: 1 }, 'or ahead');
  t.same(books([0, 10], [20, 10], [500_000_000, 1], [10, 10]).missing, 10, 'gaps of the life before stay');
});

t.test('the boot time has the seconds of the header, and sysUpTime wraps', async (t) => {
  t.same(books([100, 1, 10_000], [110, 1, 13_000]), { ...clean, missing: 9 });
  t.same(books([100, 1, 10_000], [110, 1, 10_000 + 2 ** 32]), { ...clean, missing: 9 }, 'after 49.7 days');
});

t.test('after a Set without Template nobody knows', async (t) => {
  t.same(books([0, 10], [10], [500, 10], [510, 1]), { ...clean, unknown: 1 });
  t.same(books([0], [10], [20], [30, 1], [31, 1]), { ...clean, unknown: 3 });
});

t.test('restored, it goes on where it was', async (t) => {
  const messages: readonly (readonly [number, number?, number?])[] = [
    [0, 10, 1000],
    [40, 10, 1000],
    [20, 10, 1000],
    [60],
    [90, 10],
    [110, 10, 60_000],
    [10, 10, 1_000_000],
    [5, 1, 1_000_000],
  ];
  for (let cut = 0; cut <= messages.length; cut++) {
    const [whole, before, after] = [new SequenceTracker(), new SequenceTracker(), new SequenceTracker()];
    for (const message of messages) whole.observe(message[0], message[1], message[2]);
    for (const message of messages.slice(0, cut)) before.observe(message[0], message[1], message[2]);
    after.restore(JSON.parse(JSON.stringify(before.save())));
    for (const message of messages.slice(cut)) after.observe(message[0], message[1], message[2]);
    t.same(after.save(), whole.save(), `cut at ${cut}`);
  }
});

t.test('what is saved', async (t) => {
  const tracker = new SequenceTracker();
  t.same(tracker.save(), { ...clean, expected: null, heard: false, bootMs: 0, gaps: [] });
  tracker.observe(5, 1, -3);
  tracker.observe(0xa, undefined, -3);
  t.same(tracker.save(), { ...clean, missing: 4, expected: null, heard: true, bootMs: -3, gaps: [[6, 4]] }); // biome-ignore format: short
});
