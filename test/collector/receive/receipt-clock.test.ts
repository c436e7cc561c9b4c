import t from 'tap';
import { ReceiptClock } from '../../../collector/receive/receipt-clock.ts';

/** A machine with a wall clock that can be set. */
const machine = (startMs = 1_700_000_000_000) => {
  const state = { wall: startMs, monotonic: 5000 };
  return {
    advance: (ms: number) => {
      state.wall += ms;
      state.monotonic += ms;
    },
    step: (ms: number) => {
      state.wall += ms;
    },
    clocks: { wallMs: () => Math.floor(state.wall), monotonicMs: () => state.monotonic },
  };
};

t.test('whole microseconds that strictly increase', async (t) => {
  const { advance, clocks } = machine();
  const clock = new ReceiptClock(clocks);
  t.equal(clock.nowMicros(), 1_700_000_000_000_000);
  t.equal(clock.nowMicros(), 1_700_000_000_000_001, 'the same moment gives the next microsecond');
  advance(0.0105);
  t.equal(clock.nowMicros(), 1_700_000_000_000_010, 'rounded down');
  advance(1);
  t.equal(clock.nowMicros(), 1_700_000_000_001_010);
});

t.test('it stays within a millisecond of a wall clock that runs at another rate', async (t) => {
  for (const slew of [0.0005, -0.0005]) {
    const { advance, step, clocks } = machine();
    const clock = new ReceiptClock(clocks);
    for (let i = 0; i < 600; i++) {
      advance(100);
      step(100 * slew);
      const difference = clock.nowMicros() - clocks.wallMs() * 1000;
      if (difference < 0 || difference > 1001) t.fail(`off by ${difference} us`);
    }
    t.equal(clock.steps, 0);
  }
});

t.test('a step forward is followed', async (t) => {
  const { advance, step, clocks } = machine();
  const clock = new ReceiptClock(clocks);
  step(3_600_000);
  advance(100);
  t.equal(clock.nowMicros(), 1_700_003_600_100_000);
  t.equal(clock.steps, 1);
});

t.test('a step back holds the time, until the wall clock has caught up', async (t) => {
  const { advance, step, clocks } = machine();
  const clock = new ReceiptClock(clocks);
  advance(50);
  const before = clock.nowMicros();
  step(-10_000);
  advance(100);
  t.equal(clock.nowMicros(), before + 1);
  t.equal(clock.nowMicros(), before + 2);
  t.equal(clock.steps, 1);
  t.ok(clock.aheadMicros > 9_800_000 && clock.aheadMicros < 10_000_000, `ahead by ${clock.aheadMicros}`);
  advance(10_000);
  const after = clock.nowMicros();
  t.ok(Math.abs(after - clocks.wallMs() * 1000) <= 1000);
  t.equal(clock.aheadMicros, 0);
});

t.test('it continues after the last time of a journal', async (t) => {
  const { clocks } = machine();
  const clock = new ReceiptClock({ ...clocks, afterMicros: 1_700_000_000_500_000 });
  t.equal(clock.nowMicros(), 1_700_000_000_500_001);
});

t.test('the clocks of this machine', async (t) => {
  const clock = new ReceiptClock();
  let last = 0;
  for (let i = 0; i < 10_000; i++) {
    const now = clock.nowMicros();
    if (now <= last || !Number.isSafeInteger(now)) t.fail(`${now} after ${last}`);
    last = now;
  }
  t.ok(Math.abs(last / 1000 - Date.now()) < 60_000);
});
