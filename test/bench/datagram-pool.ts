/** Prepared datagrams of the flow generator: for sending from here, or as the file that udp-blast.c reads. */

import { writeFileSync } from 'node:fs';
import {
  dataDatagramBytes,
  FlowGenerator,
  firstRecordAt,
  firstSwitchedAt,
  lastSwitchedAt,
  recordBytes,
  recordsPerDatagram,
} from './flow-generator.ts';

export interface DatagramPool {
  readonly template: Uint8Array;
  readonly data: readonly Uint8Array[];
}

export const makeDatagramPool = (datagrams: number, seed = 1): DatagramPool => {
  const generator = new FlowGenerator(seed);
  return {
    template: generator.templateDatagram(),
    data: Array.from({ length: datagrams }, () => generator.dataDatagram()),
  };
};

/** Nine u32 in the byte order of the host (see udp-blast.c), the Template datagram, the data datagrams. */
export const writePoolFile = (file: string, { template, data }: DatagramPool): void => {
  const header = Uint32Array.of(
    template.length,
    dataDatagramBytes,
    data.length,
    recordsPerDatagram,
    recordBytes,
    firstRecordAt,
    firstSwitchedAt,
    lastSwitchedAt,
    0,
  );
  writeFileSync(file, Buffer.concat([new Uint8Array(header.buffer), template, ...data]));
};
