import t from 'tap';
import { AttributionPace } from '../../../exporter/observe/attribution-pace.ts';

const MiB = 1024 * 1024;

t.test('the longer the queue, the less is looked up', (t) => {
  let queued = 0;
  let asked = 0;
  const read = (): number => {
    asked++;
    return queued;
  };
  const pace = new AttributionPace(read, 64 * MiB);
  t.equal(pace.effort(0), 'full');
  queued = 64 * MiB;
  t.equal(pace.effort(1), 'full', 'the kernel is not asked all the time');
  t.equal(asked, 1);
  t.equal(pace.effort(2), 'none');
  queued = 4 * MiB;
  t.equal(pace.effort(4), 'light');
  queued = 256 * 1024;
  t.equal(pace.effort(6), 'full');
  queued = 64 * MiB;
  t.equal(pace.effort(8), 'none');
  const before = asked;
  pace.waited(9);
  t.equal(pace.effort(10), 'full', 'who had to wait knows that nothing was queued');
  t.equal(asked, before);
  t.end();
});

t.test('a small buffer is full earlier', (t) => {
  t.equal(new AttributionPace(() => 64 * 1024, MiB).effort(0), 'light');
  t.equal(new AttributionPace(() => 65 * 1024, MiB).effort(0), 'none');
  t.equal(new AttributionPace(() => 16 * 1024, MiB).effort(0), 'full');
  t.end();
});
