import t from 'tap';
import { formatProgress, ProgressLine } from '../../../shared/service/progress-line.ts';

t.test('a bar, where the size is known', async (t) => {
  const progress = { octets: 250, totalOctets: 1000, counts: '1.23M packets  35k flows' };
  t.equal(
    formatProgress(progress, 10_000),
    '[######------------------]  25 %  1.23M packets  35k flows  30 s left',
  );
  t.equal(
    formatProgress({ ...progress, octets: 1000 }, 10_000),
    '[########################] 100 %  1.23M packets  35k flows',
  );
  t.notMatch(formatProgress({ ...progress, octets: 1 }, 10), /left/, 'too early to tell');
  t.match(formatProgress({ ...progress, octets: 1200 }, 10), /100 %/, 'a file that grows');
});

t.test('what was read, where it is not', async (t) => {
  const progress = { octets: 2048, totalOctets: 0, counts: '12 packets  3 flows' };
  t.equal(formatProgress(progress, 10), '2 KiB  12 packets  3 flows');
});

const makeOut = (isTTY: boolean) => {
  const written: string[] = [];
  const out = { isTTY, columns: 30, write: (text: string) => written.push(text) };
  return { written, out: out as unknown as NodeJS.WriteStream };
};
const progress = { octets: 1, totalOctets: 2, counts: '1 packet  1 flows' };

t.test('on a terminal, not wider than it, now and then, and cleared', async (t) => {
  const { written, out } = makeOut(true);
  const line = new ProgressLine(out, 0);
  line.clear();
  t.same(written, [], 'nothing to clear');
  line.show(progress, 1000);
  line.show(progress, 1050);
  t.equal(written.length, 1);
  t.equal(written[0]?.length, 29 + '\r\x1b[2K'.length);
  line.show(progress, 1100);
  line.clear();
  t.equal(written.length, 3);
  t.equal(written[2], '\r\x1b[2K');
});

t.test('a terminal that does not know its size', async (t) => {
  const { written, out } = makeOut(true);
  out.columns = 0;
  new ProgressLine(out, 0).show(progress, 1000);
  t.match(written[0], /1 flows/);
});

t.test('not into records that are printed on the terminal', async (t) => {
  const { written, out } = makeOut(true);
  new ProgressLine(out, 0, { isTTY: true }).show(progress, 1000);
  t.same(written, []);
  new ProgressLine(out, 0, { isTTY: false }).show(progress, 1000);
  t.equal(written.length, 1);
});

t.test('elsewhere nothing', async (t) => {
  const { written, out } = makeOut(false);
  const line = new ProgressLine(out, 0);
  line.show(progress, 1000);
  line.clear();
  t.same(written, []);
});
