/**
 * Makes the rollups of the ledger one after the other, as a collector does that has to catch up, and what each takes of the server: those that the
 * questions need for the whole day, the others for its last two hours.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRollupInsert } from '../../collector/rollup/rollup-insert.ts';
import { makeRollupJobs } from '../../collector/rollup/rollup-jobs.ts';
import { RollupProgress } from '../../collector/rollup/rollup-progress.ts';
import { rollupTables } from '../../collector/rollup/rollup-tables.ts';
import { RollupWorker } from '../../collector/rollup/rollup-worker.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { sliceRows } from './ask-flows.ts';
import { type AskLedger, collector, settle } from './ask-ledger.ts';
import { processCpuSeconds } from './process-cpu.ts';

export interface RollupPrice {
  readonly rollup: string;
  /** Of what was received in so many hours. */
  readonly hours: number;
  /** Of the server, a flow of `flows`: with the merges of what was inserted. */
  readonly cpuMicros: number;
  readonly seconds: number;
  readonly rows: number;
  readonly bytesOnDisk: number;
}

const wholeDay: ReadonlySet<string> = new Set(['nat_log', 'connections', 'talkers_1h']);
const partHours = 2;
const dayHours = 24;

const inside = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
const columns = columnsOfGroups(['nat']).map(({ name }) => name);

const sizeOf = async (
  { client }: AskLedger,
  table: string,
): Promise<{ rows: number; bytesOnDisk: number }> => {
  const answer = await client.query({
    query: `SELECT toUInt64(sum(rows)) AS rows, toUInt64(sum(bytes_on_disk)) AS bytesOnDisk FROM system.parts
WHERE active AND database = currentDatabase() AND table = {table:String}`,
    query_params: { table },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [size] = await answer.json<{ rows: number; bytesOnDisk: number }>();
  return size ?? { rows: 0, bytesOnDisk: 0 };
};

const makeAll = async (ledger: AskLedger, report: (line: string) => void): Promise<RollupPrice[]> => {
  const { client, serverPid, shape } = ledger;
  for (const table of [...rollupTables, 'rollups'])
    await client.command({ query: `TRUNCATE TABLE ${table}` });
  const asked = new RollupProgress(client, collector);
  const { signal } = new AbortController();
  const prices: RollupPrice[] = [];
  let minutes: RollupWorker | undefined;
  for (const made of makeRollupJobs({ inside, columns })) {
    const hours = wholeDay.has(made.rollup) ? dayHours : partHours;
    const job = { ...made, begin: () => shape.toMicros - hours * 3600e6 };
    const insert = makeRollupInsert(client, `ask-bench/${job.rollup}/`, signal);
    const worker = new RollupWorker(job, asked, insert, () => performance.now());
    if (job.rollup === 'flows_1m') minutes = worker;
    await settle(client);
    const cpuBefore = processCpuSeconds(serverPid);
    const startedAt = performance.now();
    for (;;) {
      const moment = {
        storedUntil: shape.toMicros,
        isQuiet: false,
        isHistory: true,
        nowMicros: shape.toMicros,
      };
      if ((await worker.step({ ...moment, minutes: minutes?.progress })) === 'idle') break;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await settle(client);
    const flows = (shape.slices * sliceRows * hours) / dayHours;
    const cpuMicros = ((processCpuSeconds(serverPid) - cpuBefore) * 1e6) / flows;
    const price = { rollup: job.rollup, hours, cpuMicros, seconds, ...(await sizeOf(ledger, job.rollup)) };
    report(
      `${job.rollup}, ${hours} h: ${cpuMicros.toFixed(3)} us a flow, ${price.rows} rows in ${seconds.toFixed(0)} s`,
    );
    prices.push(price);
  }
  return prices;
};

/** What they took, from the directory where that was measured already; `again`: all of them are made anew. */
export const openRollups = async (
  directory: string,
  ledger: AskLedger,
  again: boolean,
  report: (line: string) => void,
): Promise<readonly RollupPrice[]> => {
  const file = join(directory, 'ask-rollups.json');
  if (!again && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as RollupPrice[];
  const prices = await makeAll(ledger, report);
  writeFileSync(file, JSON.stringify(prices));
  return prices;
};
