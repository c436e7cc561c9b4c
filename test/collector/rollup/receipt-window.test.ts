import t from 'tap';
import { hourMicros, nextWindow } from '../../../collector/rollup/receipt-window.ts';

const at = 495_000 * hourMicros;
const second = 1e6;

t.test('windows end at multiples of their length', async (t) => {
  t.same(nextWindow(at, at + 25 * second, 10 * second), { from: at, until: at + 10 * second });
  t.same(nextWindow(at + 3, at + 25 * second, 10 * second), { from: at + 3, until: at + 10 * second });
  t.same(nextWindow(at + 20 * second, at + 25 * second, 10 * second), undefined, 'not over yet');
  t.same(nextWindow(at + 10 * second, at + 20 * second, 10 * second), {
    from: at + 10 * second,
    until: at + 20 * second,
  });
});

t.test('none crosses an hour, nor is longer than one', async (t) => {
  const late = at + 3595 * second;
  t.same(nextWindow(late, at + 2 * hourMicros, 40 * second), { from: late, until: at + hourMicros });
  t.same(nextWindow(at + 3598 * second, at + 2 * hourMicros, 7 * second)?.until, at + hourMicros);
  t.same(nextWindow(at + 1, at + 9 * hourMicros, 5 * hourMicros), { from: at + 1, until: at + hourMicros });
});

t.test('where nothing more is to come, what is there is taken', async (t) => {
  t.same(nextWindow(at, at + 5, 10 * second, true), { from: at, until: at + 5 });
  t.same(nextWindow(at, at, 10 * second, true), undefined);
  t.same(nextWindow(at + 5, at, 10 * second, true), undefined);
});
