/**
 * What the receive thread says of itself in the journal, about once a second: what it lost since it last said so. The payload of a
 * frame of kind 2 is JSON: `{"kernelDrops":0,"refused":3,"queueDrops":0,"exporters":[["192.0.2.1",3,0]]}`.
 */

import { parseAddress } from '../../shared/wire/address.ts';

/** A frame has room for 65,535 octets. */
const maxPayloadBytes = 60_000;

export interface ControlFrame {
  /** Sums over all exporters, since the last control frame. */
  readonly kernelDrops: number;
  readonly refused: number;
  readonly queueDrops: number;
  /** Whose they are, as far as that is known and has room. What is missing here is in the sums all the same. */
  readonly exporters: readonly (readonly [address: string, refused: number, queueDrops: number])[];
}

/** As many exporters as fit. All of it is ASCII, so characters are octets. */
export const writeControlFrame = (frame: ControlFrame): Uint8Array => {
  const { kernelDrops, refused, queueDrops } = frame;
  const head = JSON.stringify({ kernelDrops, refused, queueDrops }).slice(0, -1);
  const parts: string[] = [];
  let lengthBytes = head.length + ',"exporters":[]}'.length;
  for (const exporter of frame.exporters) {
    const part = JSON.stringify(exporter);
    lengthBytes += part.length + 1;
    if (lengthBytes > maxPayloadBytes) break;
    parts.push(part);
  }
  return Buffer.from(`${head},"exporters":[${parts.join(',')}]}`, 'latin1');
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isExporter = (value: unknown): value is ControlFrame['exporters'][number] =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === 'string' &&
  parseAddress(value[0]) !== undefined &&
  isCount(value[1]) &&
  isCount(value[2]);

/** Undefined when it is damaged, or says more of its exporters than in its sums. */
export const readControlFrame = (bytes: Uint8Array): ControlFrame | undefined => {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    const { kernelDrops, refused, queueDrops, exporters } = JSON.parse(text) as Partial<ControlFrame>;
    if (!isCount(kernelDrops) || !isCount(refused) || !isCount(queueDrops)) return undefined;
    if (!Array.isArray(exporters) || !exporters.every(isExporter)) return undefined;
    const named = { refused: 0, queueDrops: 0 };
    for (const [, exporterRefused, exporterQueueDrops] of exporters as ControlFrame['exporters']) {
      named.refused += exporterRefused;
      named.queueDrops += exporterQueueDrops;
    }
    if (named.refused > refused || named.queueDrops > queueDrops) return undefined;
    return { kernelDrops, refused, queueDrops, exporters };
  } catch {
    return undefined;
  }
};
