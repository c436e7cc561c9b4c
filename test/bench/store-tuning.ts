/**
 * What the store costs, variant by variant: `node --import=tsx test/bench/store-tuning.ts [--rows 8e6] [--block 131072] [--rounds 1] NAME...`
 * Each variant has a ClickHouse of its own on an empty directory. CPU is that of the server from the first INSERT until no merge is
 * under way, so merges are included; compare CPU rather than rows/s when others use the machine.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BatchWriter } from '../../collector/store/batch-writer.ts';
import { spawnClickHouse } from '../../collector/store/clickhouse-child.ts';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { connect } from '../../collector/store/connection.ts';
import { makeEmbeddedConfig } from '../../collector/store/embedded-config.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { createFlowTable } from '../../collector/store/flow-table.ts';
import { findLoopbackPort } from '../../collector/store/loopback-port.ts';
import { makeFlowRows } from './flow-rows.ts';
import { processCpuSeconds } from './process-cpu.ts';
import { type StoreVariant, storeVariants } from './store-variants.ts';

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '8e6' },
    block: { type: 'string', default: '131072' },
    rate: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '1' },
    final: { type: 'boolean', default: false },
    detail: { type: 'boolean', default: false },
  },
});

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
  const child = spawnClickHouse({ serverDir: directory, configFile, port, ...(variant.arguments ? { extraArguments: variant.arguments } : {}) });
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
  const writer = new BatchWriter({
    client: server.client,
    database,
    collector: 'bench',
    insertsInFlight,
    ...(variant.insert ? { settings: variant.insert } : {}),
  });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      const { problem } = await writer.insertBatch(batch, `bench-${next}`);
      if (problem !== undefined) throw new Error(problem);
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
    const used = new Set(columns.filter((_, i) => batches[0]?.fixed[i]?.used).map(({ name }) => name).concat('collector'));
    const tableColumns = all.filter(({ name }) => !variant.onlyUsed || used.has(name)).map((column) => {
      const codec = variant.codec?.(column);
      return codec === undefined ? column : { ...column, codec };
    });
    let ddl = createFlowTable(database, tableColumns, 30);
    if (variant.orderBy) ddl = ddl.replace(/^ORDER BY .*$/m, `ORDER BY ${variant.orderBy}`);
    for (const [name, value] of Object.entries(variant.table ?? {})) {
      ddl = ddl.replace(new RegExp(`${name} = [^,\\n]*`), `${name} = ${value}`);
      if (!ddl.includes(`${name} = ${value}`))
        ddl = ddl.replace('SETTINGS ', `SETTINGS ${name} = ${value}, `);
    }
    await server.client.command({ query: ddl });
    const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
    const cpuBefore = processCpuSeconds(server.pid);
    const startedAt = performance.now();
    await insertAll(server, variant, batches);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuInsert = processCpuSeconds(server.pid) - cpuBefore;
    const during = await select(server, partsQuery);
    await waitForMerges(server);
    const cpu = processCpuSeconds(server.pid) - cpuBefore;
    const settled = await select(server, partsQuery);
    let line = `${variant.name.padEnd(28)} ${(rows / seconds / 1e6).toFixed(2)}M rows/s  cpu ${((cpu / rows) * 1e6).toFixed(3)} us/row (until the last insert ${((cpuInsert / rows) * 1e6).toFixed(3)})  parts ${during.parts} -> ${settled.parts}  ${(Number(settled.bytes) / rows).toFixed(1)} B/row`;
    if (args.final) {
      const before = processCpuSeconds(server.pid);
      await server.client.command({
        query: `OPTIMIZE TABLE ${database}.flows FINAL`,
        clickhouse_settings: { wait_end_of_query: 1 },
      });
      const final = await select(server, partsQuery);
      line += `, final ${(Number(final.bytes) / rows).toFixed(2)} (${(((processCpuSeconds(server.pid) - before) / rows) * 1e6).toFixed(2)} us/row)`;
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
