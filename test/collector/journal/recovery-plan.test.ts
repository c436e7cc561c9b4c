import t from 'tap';
import type { Intent } from '../../../collector/journal/commit-record.ts';
import { makeRecoveryPlan } from '../../../collector/journal/recovery-plan.ts';

const intent = (batch: number, start: number, end: number): Intent => ({
  batch,
  start,
  end,
  firstMicros: start,
  lastMicros: end,
  rows: 1,
  token: `t-${batch}`,
});

interface Case {
  readonly name: string;
  readonly open?: readonly Intent[];
  readonly resumeFrom?: number;
  /** The commit log was lost. */
  readonly isLost?: boolean;
  /** Positions; those in `settled` too are settled. */
  readonly checkpoints?: readonly number[];
  readonly settled?: readonly number[];
  readonly firstPosition?: number;
  readonly plan: readonly [checkpoint: number | undefined, replayFrom: number, resumeAt: number];
  /** Batch numbers of the intents whose frames are there, and whose are gone. */
  readonly there?: readonly number[];
  readonly gone?: readonly number[];
  readonly problems?: readonly RegExp[];
}

const three = [intent(1, 100, 200), intent(3, 300, 400), intent(4, 400, 500)];

const cases: readonly Case[] = [
  { name: 'the first start', isLost: true, plan: [undefined, 0, 0] },
  { name: 'a crash before the first intent', checkpoints: [0], settled: [0], plan: [0, 0, 0] },
  {
    name: 'a clean stop: the settled checkpoint is behind the last batch',
    resumeFrom: 500,
    checkpoints: [300, 640],
    settled: [640],
    firstPosition: 256,
    plan: [640, 640, 640],
  },
  {
    name: 'a crash with nothing open: a checkpoint behind the last batch does not vouch for what is between',
    resumeFrom: 500,
    checkpoints: [300, 640],
    plan: [300, 300, 500],
  },
  {
    name: 'a checkpoint at the end of the last batch',
    resumeFrom: 500,
    checkpoints: [300, 500],
    plan: [500, 500, 500],
  },
  {
    name: 'one open',
    open: [intent(2, 200, 300)],
    resumeFrom: 300,
    checkpoints: [100, 150],
    plan: [150, 150, 300],
    there: [2],
  },
  {
    name: 'a checkpoint at the start of the open batch is the best of all',
    open: [intent(2, 200, 300)],
    resumeFrom: 300,
    checkpoints: [150, 200, 201],
    plan: [200, 200, 300],
    there: [2],
  },
  {
    name: 'three open of five: a checkpoint behind the first of them is of no use',
    open: three,
    resumeFrom: 600,
    checkpoints: [50, 150, 350, 600],
    plan: [50, 50, 600],
    there: [1, 3, 4],
  },
  {
    name: 'the only checkpoint is too new: from the beginning, with nothing learnt',
    open: three,
    resumeFrom: 600,
    checkpoints: [350],
    plan: [undefined, 0, 600],
    there: [1, 3, 4],
  },
  {
    name: 'a skip behind the open batch: what is new begins after it',
    open: [intent(2, 200, 300)],
    resumeFrom: 900,
    checkpoints: [150, 900],
    plan: [150, 150, 900],
    there: [2],
  },
  {
    name: 'open, but a later settled checkpoint: the batch is counted, and nothing before the checkpoint is new',
    open: [intent(2, 200, 300)],
    resumeFrom: 300,
    checkpoints: [150, 640],
    settled: [640],
    plan: [150, 150, 640],
    there: [2],
  },
  {
    name: 'checkpoints in any order',
    resumeFrom: 500,
    checkpoints: [400, 100, 300],
    plan: [400, 400, 500],
  },
  {
    name: 'frames of one open batch are gone, of the other not',
    open: [intent(1, 100, 200), intent(3, 300, 400)],
    resumeFrom: 400,
    checkpoints: [50, 250],
    firstPosition: 200,
    plan: [250, 250, 400],
    there: [3],
    gone: [1],
    problems: [/the datagrams of 1 batches/],
  },
  {
    name: 'a batch of which the first frames are gone cannot be decoded again',
    open: [intent(1, 100, 200)],
    resumeFrom: 200,
    checkpoints: [100],
    firstPosition: 150,
    plan: [100, 150, 200],
    gone: [1],
    problems: [/the datagrams of 1 batches/, /begins at 150, and the checkpoint is of 100/],
  },
  {
    name: 'segments behind the commit log are gone',
    resumeFrom: 500,
    checkpoints: [500],
    firstPosition: 800,
    plan: [500, 800, 800],
    problems: [/begins at 800, and the commit log ends at 500/],
  },
  {
    name: 'the first segments are gone, and the checkpoints',
    resumeFrom: 500,
    firstPosition: 300,
    plan: [undefined, 300, 500],
    problems: [/no checkpoint/],
  },
  {
    name: 'the commit log was lost',
    isLost: true,
    checkpoints: [300],
    firstPosition: 256,
    // Those before the oldest checkpoint went because all rows before this one were stored.
    plan: [300, 300, 300],
    problems: [/commit log is not there: what was received from 300 on/],
  },
  {
    name: 'the commit log was lost, and every checkpoint',
    isLost: true,
    firstPosition: 256,
    plan: [undefined, 256, 256],
    problems: [/commit log is not there: what was received from 256 on/, /no checkpoint/],
  },
  {
    name: 'the commit log was lost, but not the checkpoint of a clean stop',
    isLost: true,
    checkpoints: [300, 640],
    settled: [640],
    firstPosition: 256,
    plan: [640, 640, 640],
    problems: [/commit log is not there: what was received from 640 on/],
  },
  {
    name: 'batches that have frames in common',
    open: [intent(1, 100, 200), intent(2, 150, 300)],
    resumeFrom: 300,
    plan: [undefined, 0, 300],
    there: [1, 2],
    problems: [/the batches 1 and 2/],
  },
];

for (const { name, open = [], resumeFrom = 0, isLost = false, checkpoints = [], ...rest } of cases) {
  t.test(name, (t) => {
    const { settled = [], firstPosition = 0, there = [], gone = [], problems = [] } = rest;
    const plan = makeRecoveryPlan(
      { open, resumeFrom, isOwn: !isLost },
      checkpoints.map((position) => ({ position, settled: settled.includes(position) })),
      firstPosition,
    );
    t.same([plan.checkpoint, plan.replayFrom, plan.resumeAt], rest.plan);
    const batches = (frames: boolean) =>
      plan.intents.filter((intent) => intent.frames === frames).map(({ batch }) => batch);
    t.same([batches(true), batches(false)], [there, gone]);
    t.equal(plan.problems.length, problems.length, plan.problems.join('\n'));
    problems.forEach((problem, i) => {
      t.match(plan.problems[i], problem);
    });
    t.end();
  });
}

t.test('a checkpoint that cannot be read is left out in a second call', (t) => {
  const contents = { open: [], resumeFrom: 500, isOwn: true };
  const all = [100, 300, 500].map((position) => ({ position, settled: false }));
  const first = makeRecoveryPlan(contents, all, 0);
  t.equal(first.checkpoint, 500);
  const second = makeRecoveryPlan(
    contents,
    all.filter(({ position }) => position !== first.checkpoint),
    0,
  );
  t.match(second, { checkpoint: 300, replayFrom: 300, resumeAt: 500 });
  t.end();
});
