/** `flowledger journal to-pcap`: the datagrams of the journal as a capture, for tshark and for `flowledger decode`. */

import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  maxUdpRecordHeaderBytes,
  type PcapDatagram,
  writePcapHeader,
  writeUdpRecord,
} from '../../shared/capture/pcap-writer.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatBytes, formatTotal } from '../../shared/service/format-quantity.ts';
import type { Output } from '../ask/sql-command.ts';
import type { ChunkReader } from '../receive/chunk-reader.ts';
import { frameKinds } from '../receive/frame.ts';
import { describeDamage } from './damage-text.ts';
import { type FrameSelection, JournalFrames } from './journal-frames.ts';
import { OctetWriter } from './octet-writer.ts';

export interface ToPcapOptions extends FrameSelection {
  /** Path of the capture, which is written anew; `-` is standard output. */
  readonly file: string;
}

/** Octets a write: room for the longest datagram, and large enough that writes cost nothing. */
const pieceBytes = 1 << 20;

interface Counts {
  datagrams: number;
  /** Longer than a UDP datagram can be. */
  tooLong: number;
}

const point = (datagram: PcapDatagram, frame: ChunkReader): void => {
  datagram.micros = frame.micros;
  datagram.bytes = frame.bytes;
  datagram.view = frame.view;
  datagram.addressAt = frame.addressOffset;
  datagram.srcPort = frame.exporterPort;
  datagram.dstPort = frame.localPort;
  datagram.payloadAt = frame.payloadOffset;
  datagram.payloadBytes = frame.payloadBytes;
};

/** Writes until the journal ends or nobody reads any more. One piece of memory is used for all. */
const writeDatagrams = async (frames: JournalFrames, writer: OctetWriter, counts: Counts): Promise<void> => {
  const { frame } = frames;
  const bytes = new Uint8Array(pieceBytes);
  const view = new DataView(bytes.buffer);
  const datagram: PcapDatagram = {
    micros: 0,
    bytes,
    view,
    addressAt: 0,
    srcPort: 0,
    dstPort: 0,
    payloadAt: 0,
    payloadBytes: 0,
  };
  let at = writePcapHeader(view, 0);
  while (frames.next()) {
    if (frame.kind !== frameKinds.datagram) continue;
    if (pieceBytes - at < frame.payloadBytes + maxUdpRecordHeaderBytes) {
      await writer.write(bytes.subarray(0, at));
      if (writer.isClosed) return;
      at = 0;
    }
    point(datagram, frame);
    const next = writeUdpRecord(bytes, view, at, datagram);
    if (next === at) counts.tooLong++;
    else counts.datagrams++;
    at = next;
  }
  await writer.write(bytes.subarray(0, at));
};

/**
 * Writes the capture to `options.file` or `out`; what is damaged, and a summary, to `err`. Resolves to the exit status: 0, also when
 * something was damaged or when the reader of `out` goes away; 1 when the journal cannot be read or the capture not be written.
 * @throws ConfigError when there is no journal, `exporter` is no address, or `out` is a terminal.
 */
export const runJournalToPcap = async (
  options: ToPcapOptions,
  out: Output,
  err: Writable,
): Promise<number> => {
  const { file } = options;
  if (file === '-' && out.isTTY)
    throw new ConfigError('a capture is no text: give a file, or send standard output to a program');
  const frames = new JournalFrames(options, (text) => err.write(`damaged: ${text}\n`));
  const stream = file === '-' ? out : createWriteStream(file);
  const writer = new OctetWriter(stream);
  const counts: Counts = { datagrams: 0, tooLong: 0 };
  let problem: string | undefined;
  try {
    await writeDatagrams(frames, writer, counts);
    if (writer.isClosed) return 0;
    if (stream !== out) await finished(stream.end());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const name = file === '-' ? 'standard output' : file;
    problem = error === writer.error ? `cannot write ${name}: ${error.message}` : error.message;
  } finally {
    frames.close();
  }
  const { datagrams, tooLong } = counts;
  const left = tooLong > 0 ? `; left out: ${tooLong} longer than a UDP datagram can be` : '';
  const octets = formatBytes(writer.writtenBytes);
  err.write(`${formatTotal(datagrams, 'datagram')}, ${octets}${left}${describeDamage(frames)}\n`);
  if (problem !== undefined) err.write(`${problem}\n`);
  return problem === undefined ? 0 : 1;
};
