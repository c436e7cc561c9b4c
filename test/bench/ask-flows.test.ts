import t from 'tap';
import { ColumnSink } from '../../collector/decode/column-sink.ts';
import { Decoder } from '../../collector/decode/decode-datagram.ts';
import { KernelMemory } from '../../collector/kernel/kernel-memory.ts';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import {
  type AskShape,
  exporters,
  makeDatagrams,
  makeSlice,
  makeTemplate,
  sliceMicros,
  sliceRows,
} from './ask-flows.ts';

const hour = 3600e6;
const fromMicros = Date.UTC(2026, 0, 5, 10) * 1000;
const shape: AskShape = { slices: 32, fromMicros, toMicros: fromMicros + hour };
const columns = columnsOfGroups(['nat']);

/** Octets of a column of fixed width, of all rows. */
const octetsOf = (batch: ColumnBatch, name: string): Buffer => {
  const column = batch.fixed[columns.findIndex((c) => c.name === name)];
  return column?.used
    ? Buffer.from(column.u8.subarray(0, batch.rows * column.widthBytes))
    : Buffer.alloc(batch.rows * (column?.widthBytes ?? 0));
};

const decodeSlice = (slice: number): ColumnBatch => {
  const capacity = sliceRows + 64;
  const memory = new KernelMemory(columns, capacity, 1, 1 << 20);
  const sink = new ColumnSink(memory.makeBatch(), {
    memory,
    columns,
    keepExtra: true,
    options: () => undefined,
  });
  const decoder = new Decoder(sink);
  const send = (bytes: Uint8Array, exporter: number, receivedMicros: number): void => {
    const address = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 255, 0, exporter + 1);
    decoder.datagram({
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      at: 0,
      end: bytes.length,
      address,
      addressAt: 0,
      exporterPort: 50_000 + exporter,
      receivedMicros,
    });
  };
  const start = sliceMicros(shape, slice);
  for (let exporter = 0; exporter < exporters; exporter++)
    send(makeTemplate(exporter, start), exporter, start);
  for (const { exporter, octets, receivedMicros } of makeDatagrams(shape, slice))
    send(octets, exporter, receivedMicros);
  return sink.batch;
};

t.test('the datagrams of a slice say what its rows say', async (t) => {
  const rows = makeSlice(shape, 3);
  const decoded = decodeSlice(3);
  t.equal(rows.rows, sliceRows);
  t.equal(decoded.rows, sliceRows);
  for (const { name, storage } of columns) {
    if (storage === 'text' || storage === 'labels' || storage === 'extra') continue;
    // Of ICMP the decoder takes type and code out of the port; who said the sampling rate is said by options.
    if (name === 'icmp_type_code' || name.startsWith('sampling')) continue;
    t.ok(octetsOf(decoded, name).equals(octetsOf(rows, name)), name);
  }
});

t.test('some of it is translated, and slices are different', async (t) => {
  const batch = makeSlice(shape, 0);
  const ports = octetsOf(batch, 'post_nat_src_port');
  let translated = 0;
  for (let at = 0; at < ports.length; at += 2) if (ports.readUInt16LE(at) > 0) translated++;
  t.ok(translated > 0.04 * sliceRows && translated < 0.06 * sliceRows, `${translated} translated`);
  t.notOk(octetsOf(batch, 'src_addr').equals(octetsOf(makeSlice(shape, 1), 'src_addr')));
  t.equal(sliceMicros(shape, 0), shape.fromMicros);
  t.equal(sliceMicros(shape, 32), shape.toMicros);
});
