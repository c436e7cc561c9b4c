import t from 'tap';
import { drawPlot, type Plot } from '../../../collector/reports/series-plot.ts';

const style = { color: false, unicode: true, zone: 'UTC' };
const plot: Plot = {
  ...{ from: Date.parse('2026-11-21T13:00:00Z') * 1000, stepMicros: 60e6, title: 'proto' },
  total: [0, 1, 4, 8],
  groups: [
    { name: 'tcp', values: [0, 1, 4, 7] },
    { name: 'u\u001bdp', values: [0, 0, 0, 1] },
  ],
  formatValue: (value) => `${value} b/s`,
};

t.test('bars and lines of small ones', async (t) => {
  t.equal(
    drawPlot(plot, 60, style).split('\n').slice(0, 10).join('\n'),
    `8 b/s ┤                                       █████████████
      ┤                                       █████████████
      ┤                                       █████████████
      ┤                                       █████████████
4 b/s ┤                          ██████████████████████████
      ┤                          ██████████████████████████
      ┤                          ██████████████████████████
      ┤             ███████████████████████████████████████
    0 └────────────────────────────────────────────────────
       13:00        13:01        13:02        13:03`,
  );
  t.match(drawPlot(plot, 60, style), /\nproto +average +most +over time\n/);
  t.match(
    drawPlot(plot, 60, style),
    /\nu\\u001bdp +0.25 b\/s +1 b\/s +▁/,
    'what is there is seen, and no control character',
  );
});

t.test('more values than places, ASCII, one group', async (t) => {
  const values = Array.from({ length: 100 }, (_, i) => i % 5);
  const small = drawPlot({ ...plot, total: values, groups: [{ name: '', values }] }, 30, {
    ...style,
    unicode: false,
  });
  t.match(small, /^4 b\/s \|\n/, 'the highest one is none of the averages');
  t.match(small, /\n2 b\/s \|#{20}\n/, 'five values a place');
  t.notMatch(small, /average/);
  for (const line of small.split('\n')) t.ok(line.length <= 30, line);
  t.match(drawPlot({ ...plot, total: [0, 0], groups: [] }, 40, style), /0 └/, 'nothing at all');
});
