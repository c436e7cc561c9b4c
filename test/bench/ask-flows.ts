/**
 * The flows that questions are asked of, slice by slice: as rows for ClickHouse, and as the NetFlow v9 datagrams that say the same for
 * nfcapd. Ten exporters, 200,000 hosts with heavy tails (flow-generator.ts), evenly spread over the time; the last exporter translates
 * addresses: what leaves through it has a public source address and port. Pure: the same slice is the same flows, always.
 */

import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import {
  FlowGenerator,
  firstRecordAt,
  freshUptimeMs,
  recordBytes,
  recordsPerDatagram,
  templateFields,
  templateId,
} from './flow-generator.ts';
import { makeFlowRows } from './flow-rows.ts';

export const exporters = 10;
const natExporter = exporters - 1;
const natTemplateId = 257;
/** Post-NAT source address and transport port, as IANA and v9 number them. */
const natFields = [
  [225, 4],
  [227, 2],
] as const;
const natRecordBytes = recordBytes + 6;
const sliceDatagrams = 5698;
/** A batch of the collector is 131,072 rows; whole datagrams make some fewer. */
export const sliceRows = sliceDatagrams * recordsPerDatagram;

const columns = columnsOfGroups(['nat']);

export interface AskShape {
  readonly slices: number;
  /** Receipt of the first flow and after the last one, microseconds since 1970. */
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** Receipt of the first flow of a slice, whole milliseconds. */
export const sliceMicros = ({ fromMicros, toMicros, slices }: AskShape, slice: number): number =>
  Math.floor((fromMicros + ((toMicros - fromMicros) * slice) / slices) / 1000) * 1000;

const flowsPerSecond = (shape: AskShape): number =>
  (shape.slices * sliceRows * 1e6) / (shape.toMicros - shape.fromMicros);

const seedOf = (slice: number): number => 1000 + slice;

/** Inside hosts are in 10.0.0.0/8. */
const isInside = (firstOctet: number): boolean => firstOctet === 10;

/** One of 16 public addresses 198.51.100.1-16, and a port of 1024-65535, by what is translated. */
const translate = (address: number, port: number): readonly [number, number] => {
  const mixed = Math.imul(address ^ Math.imul(port, 0x9e3779b1), 0x45d9f3b);
  const spread = (mixed ^ (mixed >>> 15)) >>> 0;
  return [0xc6336401 + (spread & 15), 1024 + ((spread >>> 4) % 64512)];
};

const writeTranslations = (batch: ColumnBatch): void => {
  const column = (name: string) => {
    const found = batch.fixed[columns.findIndex((c) => c.name === name)];
    if (!found) throw new Error(`no column ${name}`);
    return found;
  };
  const source = column('src_addr').u8;
  const sourcePort = column('src_port').u16;
  const address = column('post_nat_src_addr');
  const port = column('post_nat_src_port');
  address.open(0, batch.rows);
  port.open(0, batch.rows);
  address.u8.fill(0, 0, 16 * batch.rows);
  port.u16.fill(0, 0, batch.rows);
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const target = new DataView(address.u8.buffer, address.u8.byteOffset, address.u8.length);
  const stride = exporters * recordsPerDatagram;
  for (let first = natExporter * recordsPerDatagram; first < batch.rows; first += stride) {
    for (let row = first; row < first + recordsPerDatagram; row++) {
      // Where nothing was translated the exporter says 0.0.0.0, and that is an address of v4.
      target.setUint16(16 * row + 10, 0xffff);
      if (!isInside(source[16 * row + 12] ?? 0)) continue;
      const [to, toPort] = translate(view.getUint32(16 * row + 12), sourcePort[row] ?? 0);
      target.setUint32(16 * row + 12, to);
      port.u16[row] = toPort;
    }
  }
};

/** The rows of a slice, as the decoder would make them of its datagrams. */
export const makeSlice = (shape: AskShape, slice: number): ColumnBatch => {
  const [batch] = makeFlowRows({
    columns,
    rows: sliceRows,
    batchRows: sliceRows,
    flowsPerSecond: flowsPerSecond(shape),
    startMicros: sliceMicros(shape, slice),
    seed: seedOf(slice),
  });
  if (!batch) throw new Error('a slice is one batch');
  writeTranslations(batch);
  return batch;
};

export interface AskDatagram {
  readonly exporter: number;
  readonly receivedMicros: number;
  readonly octets: Uint8Array;
}

/** Header of v9, RFC 3954 5.1, so that a flow's times are those of its row: the boot of the exporter is an hour before receipt. */
const writeHeader = (octets: Uint8Array, receivedMicros: number, exporter: number): void => {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const unixSeconds = Math.floor(receivedMicros / 1e6);
  const milliseconds = Math.floor(receivedMicros / 1000) - unixSeconds * 1000;
  view.setUint32(4, freshUptimeMs - milliseconds);
  view.setUint32(8, unixSeconds);
  view.setUint32(16, exporter % 2);
};

/** The same records, each with what its source address and port became; 0 where nothing was translated. */
const translated = (plain: Uint8Array): Uint8Array => {
  const setBytes = (4 + recordsPerDatagram * natRecordBytes + 3) & ~3;
  const octets = new Uint8Array(20 + setBytes);
  octets.set(plain.subarray(0, 20));
  const view = new DataView(octets.buffer);
  view.setUint16(20, natTemplateId);
  view.setUint16(22, setBytes);
  for (let i = 0; i < recordsPerDatagram; i++) {
    const from = firstRecordAt + i * recordBytes;
    const at = firstRecordAt + i * natRecordBytes;
    octets.set(plain.subarray(from, from + recordBytes), at);
    if (!isInside(octets[at] ?? 0)) continue;
    const [address, port] = translate(view.getUint32(at), view.getUint16(at + 44));
    view.setUint32(at + recordBytes, address);
    view.setUint16(at + recordBytes + 4, port);
  }
  return octets;
};

/** The datagrams of a slice in the order of receipt. Sequence numbers are 0. */
export const makeDatagrams = (shape: AskShape, slice: number): readonly AskDatagram[] => {
  const generator = new FlowGenerator(seedOf(slice));
  const start = sliceMicros(shape, slice);
  const rate = flowsPerSecond(shape);
  return Array.from({ length: sliceDatagrams }, (_, datagram) => {
    const exporter = datagram % exporters;
    const plain = generator.dataDatagram();
    const octets = exporter === natExporter ? translated(plain) : plain;
    const receivedMicros = start + Math.floor((datagram * recordsPerDatagram * 1e6) / rate);
    writeHeader(octets, receivedMicros, exporter);
    return { exporter, receivedMicros, octets };
  });
};

/** What each exporter says first. */
export const makeTemplate = (exporter: number, receivedMicros: number): Uint8Array => {
  const hasNat = exporter === natExporter;
  const fields = hasNat ? [...templateFields, ...natFields] : templateFields;
  const octets = new Uint8Array(28 + 4 * fields.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, 9);
  view.setUint16(2, 1);
  view.setUint16(22, octets.length - 20);
  view.setUint16(24, hasNat ? natTemplateId : templateId);
  view.setUint16(26, fields.length);
  fields.forEach(([type, lengthBytes], i) => {
    view.setUint16(28 + 4 * i, type);
    view.setUint16(30 + 4 * i, lengthBytes);
  });
  writeHeader(octets, receivedMicros, exporter);
  return octets;
};
