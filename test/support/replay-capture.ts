/** Captures of flow export, sent again over loopback: each exporter gets a loopback address of its own. */

import { createReadStream } from 'node:fs';
import { CaptureDatagrams } from '../../collector/decode-file/capture-datagrams.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import { DatagramSender } from './send-datagrams.ts';

export interface ReplayedDatagram {
  readonly payload: Uint8Array;
  /** Address and port in the capture. */
  readonly source: string;
  readonly exporter: string;
}

/** All flow-export datagrams of a pcap. */
export const readCapture = async (file: string): Promise<readonly ReplayedDatagram[]> => {
  const found: ReplayedDatagram[] = [];
  for await (const datagram of new CaptureDatagrams(createReadStream(file))) {
    const exporter = formatAddress(datagram.address, 0);
    found.push({
      payload: datagram.bytes.slice(datagram.at, datagram.end),
      source: `${exporter} ${datagram.exporterPort}`,
      exporter,
    });
  }
  return found;
};

/** The loopback addresses that stand for exporters of captures: 127.1.CAPTURE.EXPORTER. */
export class Replay {
  readonly #senders = new Map<string, DatagramSender>();
  readonly #ports: readonly number[];
  #captures = 0;

  /** `ports` on 127.0.0.1: each datagram goes to all of them. */
  constructor(...ports: readonly number[]) {
    this.#ports = ports;
  }

  /** Sends the datagrams in order; resolves to the prefix of the addresses that they came from: `127.1.7.`. */
  async send(datagrams: readonly ReplayedDatagram[]): Promise<string> {
    const prefix = `127.1.${++this.#captures}.`;
    const exporters = [...new Set(datagrams.map(({ exporter }) => exporter))];
    for (const { payload, source, exporter } of datagrams) {
      const from = `${prefix}${1 + exporters.indexOf(exporter)}`;
      for (const port of this.#ports) {
        const key = `${from} ${source} ${port}`;
        const sender = this.#senders.get(key) ?? (await DatagramSender.open({ port, from }));
        this.#senders.set(key, sender);
        await sender.send(payload);
      }
    }
    return prefix;
  }

  async close(): Promise<void> {
    for (const sender of this.#senders.values()) await sender.close();
    this.#senders.clear();
  }
}
