/**
 * What the store costs, variant by variant: `node --import=tsx test/bench/store-tuning.ts [--rows 8e6] [--block 131072] [--rounds 1] NAME...`
 * Each variant has a ClickHouse of its own on an empty directory. CPU is that of the server from the first INSERT until no merge is
 * under way, so merges are included; compare CPU rather than rows/s when others use the machine.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { spawnClickHouse } from '../../collector/store/clickhouse-child.ts';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { connect } from '../../collector/store/connection.ts';
import { makeEmbeddedConfig } from '../../collector/store/embedded-config.ts';
import { ExactWriter } from '../../collector/store/exact-writer.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { createFlowTable } from '../../collector/store/flow-table.ts';
import { findLoopbackPort } from '../../collector/store/loopback-port.ts';
import { Quarantine } from '../../collector/store/quarantine.ts';
import { RowWriter } from '../../collector/store/row-writer.ts';
import { makeFlowRows } from './flow-rows.ts';
import { processCpuSeconds } from './process-cpu.ts';
import type { StoreVariant } from './store-variants.ts';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '8e6' },
    block: { type: 'string', default: '131072' },
    rate: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '1' },
    final: { type: 'boolean', default: false },
    pace: { type: 'string', default: '0' },
    variants: { type: 'string', default: './store-variants.ts' },
    detail: { type: 'boolean', default: false },
  },
});

const { storeVariants } = (await import(args.variants)) as { storeVariants: readonly StoreVariant[] };
const columns = columnsOfGroups(['nat']);
const database = 'flowledger';

const startServer = async (variant: StoreVariant) => {
  const directory = mkdtempSync(join(tmpdir(), 'store-tuning-'));
  const port = (await findLoopbackPort(0)) ?? 0;
  const configFile = join(directory, 'config.xml');
  let config = makeEmbeddedConfig({ configFile, password: 'x', readerPassword: 'y', memoryBytes: 6e9 });
  for (const [name, value] of Object.entries(variant.server ?? {})) {
    config = config
      .replace(new RegExp(`<${name}>[^<]*</${name}>`), '')
      .replace('</clickhouse>', `<${name}>${value}</${name}></clickhouse>`);
  }
  writeFileSync(configFile, config);
  const child = spawnClickHouse({
    serverDir: directory,
    configFile,
    port,
    ...(variant.arguments ? { extraArguments: variant.arguments } : {}),
  });
  if (!(await child.ready())) throw new Error(child.errorOutput());
  const connection = { url: `http://127.0.0.1:${port}`, user: 'flowledger', password: 'x', database };
  const system = connect({ ...connection, database: 'system' });
  await system.command({ query: `CREATE DATABASE ${database}` });
  const client = connect(connection);
  const stop = async () => {
    await Promise.all([client.close(), system.close()]);
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { client, pid: child.pid, stop };
};

type Server = Awaited<ReturnType<typeof startServer>>;

const select = async (server: Server, query: string): Promise<Record<string, string>> => {
  const result = await server.client.query({ query, format: 'JSONEachRow' });
  return (await result.json<Record<string, string>>())[0] ?? {};
};

const partsQuery = `SELECT count() AS parts, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, countIf(part_type = 'Wide') AS wide
FROM system.parts WHERE active AND database = '${database}' AND table = 'flows'`;

/** Instructions and cycles of the server, where perf is there: other users of the CPU disturb the first one least. */
const startPerf = (pid: number): (() => Promise<readonly number[]>) => {
  const perf = spawn('perf', ['stat', '-x,', '-e', 'instructions,cycles', '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  perf.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  perf.on('error', () => undefined);
  return async () => {
    if (perf.exitCode !== null || perf.pid === undefined) return [];
    const ended = new Promise((resolve) => perf.once('close', resolve));
    perf.kill('SIGINT');
    await ended;
    return text
      .split('\n')
      .map((line) => Number(line.split(',')[0]))
      .filter((count) => count > 0);
  };
};

const mergedRowsQuery =
  "SELECT sumIf(value, event = 'MergedRows') AS rows, sumIf(value, event = 'Merge') AS merges, sumIf(value, event = 'MergeSourceParts') AS sources FROM system.events";

const waitForMerges = async (server: Server): Promise<void> => {
  for (let idle = 0; idle < 8; ) {
    await sleep(250);
    const { merges } = await select(server, 'SELECT count() AS merges FROM system.merges');
    idle = Number(merges) === 0 ? idle + 1 : 0;
  }
};

const insertAll = async (
  server: Server,
  variant: StoreVariant,
  batches: readonly ColumnBatch[],
): Promise<void> => {
  const insertsInFlight = variant.insertsInFlight ?? 2;
  const rowWriter = new RowWriter({ client: server.client });
  const writer = new ExactWriter({
    client: server.client,
    quarantine: new Quarantine({ directory: undefined, rowWriter, collector: 'bench' }),
    database,
    collector: 'bench',
    insertsInFlight,
    ...(variant.insert ? { settings: variant.insert } : {}),
  });
  let next = 0;
  const startedAt = performance.now();
  const work = async (): Promise<void> => {
    for (let index = next++; ; index = next++) {
      const batch = batches[index];
      if (!batch) return;
      const dueMs = Number(args.pace) > 0 ? (index * Number(args.block) * 1000) / Number(args.pace) : 0;
      await sleep(Math.max(0, dueMs - (performance.now() - startedAt)));
      // The same rows again and again: nothing is counted, where every INSERT succeeds at once.
      const range = { firstMicros: 0, lastMicros: Number.MAX_SAFE_INTEGER, token: `bench-${index}` };
      const outcome = await writer.store(batch, range, 'new');
      if (outcome.kind !== 'stored' || outcome.stored !== batch.rows) throw new Error('rows were refused');
    }
  };
  await Promise.all(Array.from({ length: insertsInFlight }, work));
};

const columnSizes = async (server: Server, rows: number): Promise<string> => {
  const result = await server.client.query({
    query: `SELECT name, data_compressed_bytes AS bytes FROM system.columns WHERE database = '${database}' AND table = 'flows' AND bytes > 0 ORDER BY bytes DESC`,
    format: 'JSONEachRow',
  });
  const sizes = await result.json<{ name: string; bytes: string }>();
  return sizes.map(({ name, bytes }) => `${name} ${(Number(bytes) / rows).toFixed(2)}`).join(', ');
};

const measure = async (variant: StoreVariant, batches: readonly ColumnBatch[]): Promise<string> => {
  const server = await startServer(variant);
  try {
    const all = variant.groups ? columnsOfGroups(variant.groups) : columns;
    const used = new Set(
      columns
        .filter((_, i) => batches[0]?.fixed[i]?.used)
        .map(({ name }) => name)
        .concat('collector', variant.plus ?? []),
    );
    const tableColumns = all
      .filter(({ name }) => !variant.onlyUsed || used.has(name))
      .filter(({ name }) => !variant.without?.includes(name))
      .map((column) => ({ ...column, type: variant.retype?.[column.name] ?? column.type }))
      .map((column) => {
        const codec = variant.codec?.(column);
        return codec === undefined ? column : { ...column, codec };
      });
    let ddl = createFlowTable(database, tableColumns, 30);
    if (variant.noTtl) ddl = ddl.replace(/^TTL .*\n/m, '');
    if (variant.orderBy) ddl = ddl.replace(/^ORDER BY .*$/m, `ORDER BY ${variant.orderBy}`);
    for (const [name, value] of Object.entries(variant.table ?? {})) {
      ddl = ddl.replace(new RegExp(`${name} = [^,\\n]*`), `${name} = ${value}`);
      if (!ddl.includes(`${name} = ${value}`))
        ddl = ddl.replace('SETTINGS ', `SETTINGS ${name} = ${value}, `);
    }
    await server.client.command({ query: ddl });
    if (variant.stopMerges) await server.client.command({ query: `SYSTEM STOP MERGES ${database}.flows` });
    const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
    if (variant.sendAll)
      for (const batch of batches) for (const column of batch.fixed) column?.open(0, batch.rows);
    const stopPerf = startPerf(server.pid);
    await sleep(200);
    const cpuBefore = processCpuSeconds(server.pid);
    const startedAt = performance.now();
    await insertAll(server, variant, batches);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuInsert = processCpuSeconds(server.pid) - cpuBefore;
    const during = await select(server, partsQuery);
    await waitForMerges(server);
    const cpu = processCpuSeconds(server.pid) - cpuBefore;
    const [instructions = 0, cycles = 0] = await stopPerf();
    const merged = await select(server, mergedRowsQuery);
    const settled = await select(server, partsQuery);
    let line = `${variant.name.padEnd(28)} ${(rows / seconds / 1e6).toFixed(2)}M rows/s  cpu ${((cpu / rows) * 1e6).toFixed(3)} us/row (inserting ${((cpuInsert / rows) * 1e6).toFixed(2)})  ${(instructions / rows / 1000).toFixed(2)}k instr, ${(cycles / rows / 1000).toFixed(2)}k cycles  merged x${(Number(merged.rows) / rows).toFixed(2)} in ${merged.merges} merges of ${merged.sources} parts parts ${during.parts} -> ${settled.parts}  ${(Number(settled.bytes) / rows).toFixed(1)} B/row`;
    if (args.final) {
      const stopFinalPerf = startPerf(server.pid);
      await sleep(200);
      await server.client.command({ query: `SYSTEM START MERGES ${database}.flows` });
      const before = processCpuSeconds(server.pid);
      await server.client.command({
        query: `OPTIMIZE TABLE ${database}.flows FINAL`,
        clickhouse_settings: { wait_end_of_query: 1 },
      });
      const spent = ((processCpuSeconds(server.pid) - before) / rows) * 1e6;
      const [finalInstructions = 0] = await stopFinalPerf();
      const final = await select(server, partsQuery);
      // Into one part: each row is merged once more, or for the first time where merges were held back.
      line += `, final ${(Number(final.bytes) / rows).toFixed(2)} B/row (${spent.toFixed(2)} us a row, ${(finalInstructions / rows / 1000).toFixed(2)}k instr)`;
    }
    if (args.detail) line += `\n    ${await columnSizes(server, rows)}`;
    return line;
  } finally {
    await server.stop();
  }
};

const options = {
  columns,
  rows: Number(args.rows),
  batchRows: Number(args.block),
  flowsPerSecond: Number(args.rate),
};
const batches = makeFlowRows({
  ...options,
  startMicros: (Math.floor(Date.now() / 86_400_000) * 86_400 + 3600) * 1e6,
});
const chosen = storeVariants.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const name of positionals) if (!chosen.some((v) => v.name === name)) console.log(`no variant ${name}`);
console.log(`${batches.length} batches of ${args.block} rows`);
for (let round = 0; round < Number(args.rounds); round++) {
  for (const variant of chosen) console.log(await measure(variant, batches));
}
