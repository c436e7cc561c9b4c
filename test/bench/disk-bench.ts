/** Octets a row on disk: fresh rows of the generator through the real collector, merged to the end, everything counted. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ColumnSink } from '../../collector/decode/column-sink.ts';
import { Decoder } from '../../collector/decode/decode-datagram.ts';
import { KernelMemory } from '../../collector/kernel/kernel-memory.ts';
import { connect } from '../../collector/store/connection.ts';
import { EmbeddedClickHouse } from '../../collector/store/embedded-clickhouse.ts';
import { ExactWriter } from '../../collector/store/exact-writer.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { Quarantine } from '../../collector/store/quarantine.ts';
import { RowWriter } from '../../collector/store/row-writer.ts';
import { Log } from '../../shared/service/log.ts';
import { FlowGenerator, freshUptimeMs, patchDatagram, recordsPerDatagram } from './flow-generator.ts';

const rowsWanted = 5_000_000;
const batchRows = 131_072;
const exporters = 10;
const flowsPerSecond = 100_000;

export interface DiskResult {
  readonly rows: number;
  readonly bytesPerRow: number;
  /** Compressed octets a row, by column. */
  readonly columns: Readonly<Record<string, number>>;
}

/** Rows as of now, at 100,000 flows/s, so that five million of them are 50 s. */
const writeRows = async (writer: ExactWriter): Promise<void> => {
  const columns = columnsOfGroups(['nat']);
  const memory = new KernelMemory(columns, batchRows, 1, 1 << 20);
  const sink = new ColumnSink(memory.makeBatch(), {
    memory,
    columns,
    keepExtra: true,
    options: () => undefined,
  });
  const decoder = new Decoder(sink);
  const generator = new FlowGenerator(7);
  const addresses = Array.from({ length: exporters }, (_, i) =>
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 255, 0, i + 1),
  );
  const startMicros = (Math.floor(Date.now() / 1000) - 60) * 1e6;
  const receivedMicros = (number: number): number =>
    startMicros + (number * recordsPerDatagram * 1e6) / flowsPerSecond;
  const send = (octets: Uint8Array, number: number): void => {
    const micros = receivedMicros(number);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const exporter = number % exporters;
    const uptimeMs = Math.round(freshUptimeMs * (1 + exporter) + (micros - startMicros) / 1000);
    patchDatagram(view, {
      uptimeMs,
      unixSeconds: Math.floor(micros / 1e6),
      sequence: Math.floor(number / exporters),
      domain: exporter,
    });
    const address = addresses[exporter] as Uint8Array;
    const port = 50_000 + exporter;
    decoder.datagram({
      bytes: octets,
      view,
      at: 0,
      end: octets.length,
      address,
      addressAt: 0,
      exporterPort: port,
      receivedMicros: Math.floor(micros),
    });
  };
  for (let i = 0; i < exporters; i++) send(generator.templateDatagram(), i);
  let firstMicros = startMicros;
  for (let number = 0, batches = 0; number * recordsPerDatagram < rowsWanted; number++) {
    send(generator.dataDatagram(), number);
    const last = (number + 1) * recordsPerDatagram >= rowsWanted;
    if (sink.batch.rows + recordsPerDatagram <= batchRows && !last) continue;
    const range = { firstMicros, lastMicros: Math.floor(receivedMicros(number)), token: `disk-${batches++}` };
    const { rows } = sink.batch;
    const outcome = await writer.store(sink.batch, range, 'new');
    if (outcome.kind !== 'stored' || outcome.stored !== rows) throw new Error('ClickHouse refused rows');
    firstMicros = range.lastMicros + 1;
    sink.batch.clear();
  }
};

export const benchDisk = async (): Promise<DiskResult> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'flowledger-disk-'));
  const log = new Log({ write: () => undefined, nowMs: Date.now });
  const database = 'default';
  const server = await EmbeddedClickHouse.start({ dataDir, database, log });
  const client = connect({
    url: server.url,
    user: server.user,
    password: server.credentials.password,
    database,
  });
  try {
    await prepareFlowTable(client, { database, columns: columnsOfGroups(['nat']), ttlDays: 30 });
    const rowWriter = new RowWriter({ client });
    const quarantine = new Quarantine({ directory: undefined, rowWriter, collector: 'bench' });
    await writeRows(new ExactWriter({ client, database, collector: 'bench', quarantine }));
    await client.command({ query: 'OPTIMIZE TABLE flows FINAL' });
    const settings = { output_format_json_quote_64bit_integers: 0 } as const;
    const ask = async <Row>(query: string): Promise<Row[]> =>
      (await client.query({ query, format: 'JSONEachRow', clickhouse_settings: settings })).json<Row>();
    const [size] = await ask<{ rows: number; bytes: number }>(
      "SELECT toUInt64(sum(rows)) AS rows, toUInt64(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND table = 'flows'",
    );
    const columns = await ask<{ name: string; bytes: number }>(
      "SELECT name, toUInt64(data_compressed_bytes) AS bytes FROM system.columns WHERE table = 'flows' ORDER BY bytes DESC",
    );
    const rows = size?.rows ?? 0;
    return {
      rows,
      bytesPerRow: (size?.bytes ?? 0) / rows,
      columns: Object.fromEntries(
        columns.map(({ name, bytes }) => [name, Number((bytes / rows).toFixed(3))]),
      ),
    };
  } finally {
    await client.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
};
