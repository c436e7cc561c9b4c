/** Decode, without sockets and database: nanoseconds a record, beside node-netflowv9 on the same datagrams. */

import NetflowV9 from 'node-netflowv9';
import { ColumnSink } from '../../collector/decode/column-sink.ts';
import { Decoder } from '../../collector/decode/decode-datagram.ts';
import { KernelMemory } from '../../collector/kernel/kernel-memory.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { makeDatagramPool } from './datagram-pool.ts';
import { recordsPerDatagram } from './flow-generator.ts';

const exporters = 10;
const datagrams = 640;
const batchRows = 131_072;
const ourRounds = 60;
const theirRounds = 2;
const repetitions = 15;

export interface DecodeResult {
  /** CPU time a record, nanoseconds: median and best of the repetitions. */
  readonly ours: { readonly median: number; readonly best: number };
  readonly theirs: { readonly median: number; readonly best: number };
  /** Median of the ratios of neighbouring repetitions: what the machine did to both. */
  readonly ratio: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const cpuNanos = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

const pool = () => {
  const { template, data } = makeDatagramPool(datagrams);
  return { template, data };
};

/** The datagrams lie in the memory of the kernel, as the chunk does in the collector; addresses alternate. */
const prepareOurs = (): (() => number) => {
  const { template, data } = pool();
  const columns = columnsOfGroups(['nat']);
  const memory = new KernelMemory(columns, batchRows, 2, 1 << 20);
  const sink = new ColumnSink(memory.makeBatch(), {
    memory,
    columns,
    keepExtra: true,
    options: () => undefined,
  });
  const decoder = new Decoder(sink);
  const bytes = memory.u8.subarray(memory.chunk, memory.chunk + (1 << 20));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places: { at: number; end: number }[] = [];
  for (const octets of [template, ...data]) {
    const at = ((places.at(-1)?.end ?? 0) + 7) & ~7;
    bytes.set(octets, at);
    places.push({ at, end: at + octets.length });
  }
  const addresses = Array.from({ length: exporters }, (_, i) => {
    const octets = new Uint8Array(16);
    octets.set([255, 255, 127, 0, 0, 2 + i], 10);
    return octets;
  });
  const datagram = {
    bytes,
    view,
    at: 0,
    end: 0,
    address: bytes,
    addressAt: 0,
    exporterPort: 2055,
    receivedMicros: 1.8e15,
  };
  const sequences = new Uint32Array(exporters);
  const decode = (place: { at: number; end: number }, exporter: number): void => {
    datagram.at = place.at;
    datagram.end = place.end;
    datagram.address = addresses[exporter] as Uint8Array;
    datagram.receivedMicros += 20;
    // Each exporter numbers its datagrams (RFC 3954 5.1); a bench that did not would measure restarts.
    view.setUint32(place.at + 12, sequences[exporter] as number);
    sequences[exporter] = (sequences[exporter] as number) + 1;
    // As the ledger does between two frames.
    if (sink.batch.rows + recordsPerDatagram > batchRows) {
      sink.batch.seal();
      sink.batch.clear();
    }
    decoder.datagram(datagram);
  };
  for (let i = 0; i < exporters; i++) decode(places[0] as { at: number; end: number }, i);
  return () => {
    for (let round = 0; round < ourRounds; round++) {
      for (let i = 1; i < places.length; i++) decode(places[i] as { at: number; end: number }, i % exporters);
    }
    return ourRounds * datagrams * recordsPerDatagram;
  };
};

const prepareTheirs = (): (() => number) => {
  const { template, data } = pool();
  const decoder = new NetflowV9({});
  const sender = { address: '127.0.0.2', port: 2055 };
  decoder.nfPktDecode(Buffer.from(template), sender);
  const buffers = data.map((octets) => Buffer.from(octets));
  return () => {
    let records = 0;
    for (let round = 0; round < theirRounds; round++) {
      for (const buffer of buffers) records += decoder.nfPktDecode(buffer, sender).flows.length;
    }
    return records;
  };
};

const time = (work: () => number): number => {
  const before = cpuNanos();
  const records = work();
  return (cpuNanos() - before) / records;
};

/** Both in turns, so that what else the machine does meets both. */
export const benchDecode = (): DecodeResult => {
  const ours = prepareOurs();
  const theirs = prepareTheirs();
  ours();
  theirs();
  const pairs = Array.from({ length: repetitions }, () => ({ ours: time(ours), theirs: time(theirs) }));
  const of = (name: 'ours' | 'theirs') => ({
    median: median(pairs.map((p) => p[name])),
    best: Math.min(...pairs.map((p) => p[name])),
  });
  return { ours: of('ours'), theirs: of('theirs'), ratio: median(pairs.map((p) => p.theirs / p.ours)) };
};
