/**
 * The Prometheus text of `/metrics`. Values are plain numbers that the stages count anyway; they are put into the registry when
 * somebody asks, so metrics cost nothing on the way of a datagram.
 */

import { Counter, Gauge, Registry } from 'prom-client';
import { type MetricName, type MetricRow, metricTable } from './metric-table.ts';

/** Label sets that one metric may have: exporters are labels, and strangers can send from any address. */
export const defaultMaxSeries = 1000;
/** Stands for every exporter that came after these; a snapshot may use it too. */
const otherLabel = 'other';

export interface MetricSample {
  /** One value for each label of the metric, in the order of the table. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** A metric without labels has a number; of one that is absent only the heading is shown. Samples with the same
 * labels are added up. */
export type MetricsSnapshot = {
  readonly [N in MetricName]?: (typeof metricTable)[N]['labels'] extends readonly []
    ? number
    : readonly MetricSample[];
};

interface Series {
  readonly labels: readonly string[];
  value: number;
}

type SeriesByKey = Map<string, Series>;

const addSample = (series: SeriesByKey, key: string, labels: readonly string[], value: number): void => {
  const known = series.get(key);
  if (known === undefined) series.set(key, { labels, value });
  else known.value += value;
};

/**
 * Gives at most `maxSeries` label sets a place of their own, and folds the exporters of the others into one; the other labels
 * come from closed lists. What had a place at the last scrape keeps it.
 */
class SeriesLimit {
  readonly #maxSeries: number;
  readonly #labels: readonly string[];
  #admitted = new Set<string>();
  /** Largest value of each folded series so far. */
  readonly #folded: SeriesByKey = new Map();

  constructor(maxSeries: number, labels: readonly string[]) {
    this.#maxSeries = maxSeries;
    this.#labels = labels;
  }

  limit(samples: readonly MetricSample[]): Series[] {
    if (!this.#labels.includes('exporter')) return [...samples];
    const series: SeriesByKey = new Map();
    const late: MetricSample[] = [];
    for (const sample of samples) {
      const key = JSON.stringify(sample.labels);
      if (this.#admitted.has(key)) addSample(series, key, sample.labels, sample.value);
      else late.push(sample);
    }
    const folded: SeriesByKey = new Map();
    for (const { labels, value } of late) {
      const key = JSON.stringify(labels);
      if (series.has(key) || series.size < this.#maxSeries) {
        addSample(series, key, labels, value);
        continue;
      }
      const other = labels.map((label, i) => (this.#labels[i] === 'exporter' ? otherLabel : label));
      addSample(folded, JSON.stringify(other), other, value);
    }
    this.#admitted = new Set(series.keys());
    for (const [key, { labels, value }] of folded) {
      // One that gets a place of its own must not make the rest go back: Prometheus would take that for a restart.
      this.#folded.set(key, { labels, value: Math.max(value, this.#folded.get(key)?.value ?? 0) });
    }
    return [...series.values(), ...this.#folded.values()];
  }
}

export interface Metrics {
  readonly contentType: string;
  /** The text of a scrape; takes a snapshot. */
  text(): Promise<string>;
}

/** `snapshot` is called once a scrape. */
export const makeMetrics = (
  snapshot: () => MetricsSnapshot,
  maxSeries: number = defaultMaxSeries,
): Metrics => {
  const registry = new Registry();
  const metrics = Object.entries(metricTable).map(([name, row]: [string, MetricRow]) => {
    const configuration = { name, help: row.help, labelNames: [...row.labels], registers: [registry] };
    const metric = row.kind === 'counter' ? new Counter(configuration) : new Gauge(configuration);
    return { name: name as MetricName, row, metric, limit: new SeriesLimit(maxSeries, row.labels) };
  });
  return {
    contentType: registry.contentType,
    text: () => {
      const values = snapshot();
      for (const { name, row, metric, limit } of metrics) {
        const value = values[name];
        metric.reset();
        if (value === undefined) {
          // Reset, a metric without labels says 0, which is not the same as saying nothing.
          if (row.labels.length === 0) metric.remove();
          continue;
        }
        const samples = typeof value === 'number' ? [{ labels: [], value }] : value;
        for (const series of limit.limit(samples)) {
          metric.inc(
            Object.fromEntries(row.labels.map((label, i) => [label, series.labels[i] ?? ''])),
            series.value,
          );
        }
      }
      return registry.metrics();
    },
  };
};
