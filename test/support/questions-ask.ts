/** A collector that has received the office day, and the shipped commands to ask it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Answer, askCli } from './ask-cli.ts';
import { bad, dayMinutes, type OfficeDay, tellDay } from './questions-day.ts';
import { heardInserts, sendDay } from './questions-office.ts';
import { type RunningWatch, startWatch } from './questions-watch.ts';
import { type RunningCollector, startCollector } from './running-collector.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

type Row = Record<string, unknown>;

export interface Office {
  readonly collector: RunningCollector;
  /** For known-bad addresses, from before the day was received. */
  readonly watch: RunningWatch;
  /** Addresses and networks that it watches for. */
  readonly list: string;
  readonly day: OfficeDay;
  /** ISO 8601 of a minute of the day, as it is typed and as JSON has it. */
  readonly time: (minutes: number, seconds?: number) => string;
  /** Options for a range of minutes; default: the whole day. */
  readonly between: (from?: number, to?: number) => readonly string[];
  /** Rows, and what was said about them. */
  readonly ask: (...args: readonly string[]) => Promise<Answer<Row>>;
}

/** Of exporters that send no more, rollups wait for more at first. */
const rolledUpWithinMs = 60_000;

/** A watch that has polled, and a list that it has read again. */
const watchOffice = async (t: Test, dataDir: string): Promise<Pick<Office, 'watch' | 'list'>> => {
  const list = join(temporaryDirectory(t), 'bad.csv');
  let text = '203.0.113.200,never\n';
  writeFileSync(list, text);
  const watch = startWatch(t, ['--list', list, '--data', dataDir]);
  // That it has changed is noticed after the first poll.
  await until('it watches', () => {
    text += `${bad},botnet\n2001:db8:bad::/48,bad net\n`;
    writeFileSync(list, text);
    return watch.said().includes('the list has changed: 3 entries');
  });
  return { watch, list };
};

export const openOffice = async (t: Test): Promise<Office> => {
  const collector = await startCollector(t);
  const watched = await watchOffice(t, collector.dataDir);
  const nowMs = Date.now();
  const day = tellDay(nowMs);
  await collector.waitForFlows(await sendDay(day, collector.port, nowMs));
  for (const insert of heardInserts(day)) await collector.command(insert);
  await until(
    'everything is in the rollups',
    async () => {
      const [row] = await collector.sql<{ n: number }>(
        `SELECT count() AS n FROM rollups FINAL WHERE rollup IN ('flows_1m', 'nat_log', 'connections')
        AND until > (SELECT max(received) FROM flows)`,
      );
      return row?.n === 3;
    },
    rolledUpWithinMs,
  );
  const time: Office['time'] = (minutes, seconds) =>
    new Date(day.at(minutes, seconds)).toISOString().replace('.000Z', 'Z');
  return {
    ...{ collector, ...watched, day, time },
    between: (from = 0, to = dayMinutes) => ['--from', time(from), '--to', time(to)],
    ask: (...args) => askCli(collector, ...args),
  };
};

/** As many rows, and each has at least what is wanted of it. */
export const matchRows = (
  t: Test,
  rows: readonly Row[],
  wanted: readonly object[],
  message = 'rows',
): void => {
  t.equal(rows.length, wanted.length, `${message}: as many`);
  t.match(rows, wanted, message);
};
