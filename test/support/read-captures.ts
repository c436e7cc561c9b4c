/** The flow-export datagrams of all captures in a folder. */

import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureDatagrams } from '../../collector/decode-file/capture-datagrams.ts';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const ownCaptures = pathOf('../../fixtures/captures');
/** Other people's captures, beside the project; undefined where they are not. */
const corpusFolder = pathOf('../../../shared/corpus/data');
export const corpusCaptures = existsSync(corpusFolder) ? corpusFolder : undefined;

export interface CapturedMessage {
  readonly bytes: Uint8Array;
  /** 16 octets in hex. */
  readonly address: string;
  readonly port: number;
  readonly micros: number;
}

/** By capture; of each no more than `most` datagrams. */
export const readCaptures = async (
  folder: string,
  most = Infinity,
): Promise<Map<string, CapturedMessage[]>> => {
  const captures = new Map<string, CapturedMessage[]>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.pcap'))) {
    const messages: CapturedMessage[] = [];
    for await (const datagram of new CaptureDatagrams(createReadStream(join(folder, name)))) {
      const { bytes, at, end, address, exporterPort, receivedMicros } = datagram;
      const octets = Buffer.from(address).toString('hex');
      messages.push({
        bytes: bytes.slice(at, end),
        address: octets,
        port: exporterPort,
        micros: receivedMicros,
      });
      if (messages.length >= most) break;
    }
    if (messages.length > 0) captures.set(name, messages);
  }
  return captures;
};
