/** Values over time on a terminal: bars for all of them, and a line of small ones a group. */

import { formatClock } from '../../shared/service/format-time.ts';
import type { DrawStyle } from '../ask/report.ts';
import { escapeCell, formatTable } from '../ask/text-table.ts';

export interface PlotGroup {
  readonly name: string;
  /** One a bucket. */
  readonly values: readonly number[];
}

export interface Plot {
  /** Microseconds since 1970. */
  readonly from: number;
  readonly stepMicros: number;
  /** Of all groups together. */
  readonly total: readonly number[];
  readonly groups: readonly PlotGroup[];
  /** Title of the names, and what a value is in words. */
  readonly title: string;
  readonly formatValue: (value: number) => string;
}

const heightLines = 8;
const unicodeLevels = [...' ▁▂▃▄▅▆▇█'];
const asciiLevels = [...' .:-=+*#'];

/** Buckets side by side are one place where there are more of them than places: their average. Or a bucket is several places. */
const fitTo = (values: readonly number[], places: number): number[] => {
  if (values.length <= places) {
    const each = Math.floor(places / values.length);
    return values.flatMap((value) => Array.from({ length: each }, () => value));
  }
  const merged = Math.ceil(values.length / places);
  return Array.from({ length: Math.ceil(values.length / merged) }, (_, i) => {
    const part = values.slice(i * merged, (i + 1) * merged);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
};

const levelOf = (share: number, levels: readonly string[]): string => {
  const highest = levels.length - 1;
  // What is there at all is seen.
  const level = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * highest));
  return levels[level] ?? '';
};

const drawBars = (values: readonly number[], most: number, style: DrawStyle): string[] => {
  const levels = style.unicode ? unicodeLevels : asciiLevels;
  return Array.from({ length: heightLines }, (_, i) => {
    const below = heightLines - 1 - i;
    return values
      .map((value) => {
        const filled = (value / most) * heightLines - below;
        return filled <= 0 && (below > 0 || value <= 0) ? ' ' : levelOf(filled, levels);
      })
      .join('');
  });
};

/** Times below the bars, where there is room for them. */
const drawTimes = (plot: Plot, places: number, placesPerMicro: number, zone: string): string => {
  const spanMicros = plot.total.length * plot.stepMicros;
  const isLong = spanMicros > 86_400e6;
  const hasSeconds = plot.stepMicros < 60e6;
  const textOf = (micros: number): string => {
    const clock = formatClock(micros, zone);
    return isLong ? clock.slice(5, 16) : clock.slice(11, hasSeconds ? 19 : 16);
  };
  let line = '';
  for (let place = 0; ; ) {
    const bucket = Math.floor(place / placesPerMicro / plot.stepMicros);
    const text = textOf(plot.from + bucket * plot.stepMicros);
    if (place + text.length > places) break;
    line = line.padEnd(place) + text;
    const next = Math.ceil((place + text.length + 8) / placesPerMicro / plot.stepMicros);
    place = Math.round(next * plot.stepMicros * placesPerMicro);
  }
  return line;
};

const drawGroups = (plot: Plot, width: number, style: DrawStyle): string => {
  const average = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const most = Math.max(1e-9, ...plot.groups.flatMap(({ values }) => values));
  const rowsOf = (places: number): string[][] =>
    plot.groups.map(({ name, values }) => [
      escapeCell(name),
      plot.formatValue(average(values)),
      plot.formatValue(Math.max(0, ...values)),
      fitTo(values, places)
        .map((value) => levelOf(value / most, style.unicode ? unicodeLevels : asciiLevels))
        .join(''),
    ]);
  const columns = [
    { title: plot.title },
    { title: 'average', align: 'right' },
    { title: 'most', align: 'right' },
    { title: 'over time' },
  ] as const;
  const used = formatTable(columns, rowsOf(1)).split('\n')[1]?.length ?? 0;
  return formatTable(columns, rowsOf(Math.max(10, width - used)), style);
};

/** In `width` places. */
export const drawPlot = (plot: Plot, width: number, style: DrawStyle): string => {
  const most = Math.max(1e-9, ...plot.total);
  const marks = [plot.formatValue(most), plot.formatValue(most / 2), '0'];
  const margin = Math.max(...marks.map((mark) => mark.length));
  const values = fitTo(plot.total, Math.max(10, width - margin - 2));
  const axis = style.unicode ? '┤' : '|';
  const [top = '', middle = '', zero = ''] = marks.map((mark) => mark.padStart(margin));
  const lines = drawBars(values, most, style).map((bars, i) => {
    const mark = i === 0 ? top : i === heightLines / 2 ? middle : ' '.repeat(margin);
    return `${mark} ${axis}${bars.trimEnd()}`;
  });
  const placesPerMicro = values.length / (plot.total.length * plot.stepMicros);
  const rule = `${zero} ${style.unicode ? '└' : '+'}${(style.unicode ? '─' : '-').repeat(values.length)}`;
  const times = `${' '.repeat(margin + 2)}${drawTimes(plot, values.length, placesPerMicro, style.zone)}`;
  const groups = plot.groups.length > 1 ? `\n${drawGroups(plot, width, style)}` : '';
  return `${[...lines, rule, times].join('\n')}\n${groups}`;
};
