/** `flowledger decode FILE`: the records of a capture as text, through the decoder of the collector. */

import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { captureOctets, pieceBytes } from '../../shared/capture/capture-octets.ts';
import { Decoder } from '../decode/decode-datagram.ts';
import { CaptureDatagrams } from './capture-datagrams.ts';
import { formatSummary, summarize } from './decode-summary.ts';
import { JsonSink } from './json-sink.ts';
import { LineWriter } from './line-writer.ts';
import { TableSink } from './table-sink.ts';

export interface DecodeOptions {
  /** Path of a pcap or pcapng, gzipped or not; `-` is standard input. */
  readonly file: string;
  readonly format: 'json' | 'table';
  /** Only datagrams to this UDP port; undefined: to any. */
  readonly port: number | undefined;
  readonly summary: 'text' | 'json';
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

/** One line for an error that the operator can do something about; undefined for one that is ours. */
const explain = (error: unknown, file: string, writer: LineWriter): string | undefined => {
  if (error instanceof Error && error === writer.error) return `cannot write: ${error.message}`;
  const name = file === '-' ? 'standard input' : file;
  if (error instanceof CaptureError) return `${name}: ${error.message}`;
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  return `${name}: ${systemErrors[String(error.code)] ?? error.message}`;
};

/**
 * Prints the records to `out` and a summary to `err`. Resolves to the exit status: 0, also when datagrams are malformed or when
 * the reader of `out` goes away; 1 when the file cannot be read, is no capture, or ends inside a packet (what came before
 * is printed).
 */
export const runDecode = async (options: DecodeOptions, out: Writable, err: Writable): Promise<number> => {
  const { file, format, port, summary } = options;
  const writer = new LineWriter(out);
  const table = format === 'table' ? new TableSink(writer) : undefined;
  const decoder = new Decoder(table ?? new JsonSink(writer));
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: pieceBytes });
  const datagrams = new CaptureDatagrams(captureOctets(source), port);
  let problem: string | undefined;
  try {
    for await (const datagram of datagrams) {
      table?.begin(datagram, decoder);
      decoder.datagram(datagram);
      table?.end();
      const written = writer.flush();
      if (written) await written;
      if (writer.isClosed) break;
    }
    await writer.end();
    if (writer.isClosed) return 0;
  } catch (error) {
    problem = explain(error, file, writer);
    if (problem === undefined) throw error;
    await writer.end().catch(() => undefined);
  }
  if (problem === undefined || decoder.datagrams > 0)
    err.write(formatSummary(summarize(decoder, datagrams.counters), summary));
  if (problem !== undefined) err.write(`${problem}\n`);
  return problem === undefined ? 0 : 1;
};
