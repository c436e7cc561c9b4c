import t from 'tap';
import { formatFilterHelp } from '../../../collector/filter/filter-help.ts';
import { filterTerms } from '../../../collector/filter/filter-terms.ts';

t.test('the page has every term', async (t) => {
  const page = formatFilterHelp();
  for (const { title, example } of filterTerms) {
    t.match(page, `  ${title}`);
    t.match(page, `e.g. ${example}\n`);
  }
  t.match(
    page,
    / {2}\[src\|dst\] port PORT {14}port of one side or of either\n {35}e\.g\. dst port in \[80 443/,
  );
  t.match(page, 'reverse_tcp_flags', 'and the columns');
  t.match(page, 'Packets (flowledger extract) have: any; ipv4, inet;');
});

t.test('it fits', async (t) => {
  for (const width of [40, 60, 80, 100, 200]) {
    const lines = formatFilterHelp(width).split('\n');
    const long = lines.filter((line) => line.length > width && line.trim().split(' ').length > 5);
    t.same(long, [], `${width} columns`);
  }
  t.equal(formatFilterHelp(10), formatFilterHelp(40), 'what is too narrow for words');
});
