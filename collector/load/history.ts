/** Frames of the past, as a loader takes them: out of a capture, or out of a journal. */

import { accessSync, constants, createReadStream, type ReadStream, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { captureOctets } from '../../shared/capture/capture-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { type CaptureCounters, CaptureDatagrams } from '../decode-file/capture-datagrams.ts';
import { type FrameSelection, JournalFrames } from '../journal-tools/journal-frames.ts';
import { addressFamilies, frameKinds } from '../receive/frame.ts';

/** One object is filled again and again; its octets are valid until the next one is asked for. */
export interface PastFrame {
  kind: number;
  payload: Uint8Array;
  /** The exporter's 16 octets as four words, as they lie in memory. */
  readonly octetWords: Uint32Array;
  family: number;
  exporterPort: number;
  localPort: number;
  /** Time of receipt, microseconds since 1970; it may go back. */
  micros: number;
}

export interface History {
  /** For people: what is loaded. */
  readonly name: string;
  /** In octets; 0 where it is not known. */
  readonly totalOctets: number;
  readonly octetsRead: () => number;
  readonly frames: () => AsyncIterable<PastFrame>;
  /** What is to be said at the end: what was left out, and why. */
  readonly remarks: () => readonly string[];
}

const makeFrame = (): PastFrame => ({
  kind: frameKinds.datagram,
  payload: new Uint8Array(0),
  octetWords: new Uint32Array(4),
  family: addressFamilies.ipv4,
  exporterPort: 0,
  localPort: 0,
  micros: 0,
});

const mapped = 10;
const isMapped = (octets: Uint8Array): boolean =>
  octets[mapped] === 0xff && octets[mapped + 1] === 0xff && octets.subarray(0, mapped).every((o) => o === 0);

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Octets of the file; 0 where it does not know. */
const sizeOf = (path: string): number => {
  let stats: Stats;
  try {
    accessSync(path, constants.R_OK);
    stats = statSync(path);
  } catch (error) {
    throw new ConfigError(`--pcap ${path}: cannot be read (${reasonOf(error)})`);
  }
  if (stats.isDirectory()) throw new ConfigError(`--pcap ${path}: is a directory, and no capture`);
  return stats.size;
};

const captureRemarks = (counters: CaptureCounters): readonly string[] => {
  const counted: readonly (readonly [count: number, noun: string, text: string])[] = [
    [counters.unknownLinkType, 'packet', 'of an unknown link type'],
    [counters.cutDatagrams, 'datagram', 'cut by the capture'],
    [counters.incompletePackets, 'packet', 'of which fragments are missing'],
  ];
  return counted
    .filter(([count]) => count > 0)
    .map(([count, noun, text]) => `${formatTotal(count, noun)} ${text}`);
};

async function* captureFrames(datagrams: CaptureDatagrams): AsyncGenerator<PastFrame> {
  const frame = makeFrame();
  const octets = new Uint8Array(frame.octetWords.buffer);
  for await (const datagram of datagrams) {
    frame.payload = datagram.bytes.subarray(datagram.at, datagram.end);
    octets.set(datagram.address);
    frame.family = isMapped(octets) ? addressFamilies.ipv4 : addressFamilies.ipv6;
    frame.exporterPort = datagram.exporterPort;
    frame.localPort = datagram.localPort;
    frame.micros = datagram.receivedMicros;
    yield frame;
  }
}

/**
 * A capture of flow-export datagrams; the times are those of the capture. Throws ConfigError when it cannot be opened. It is opened when
 * frames are asked for, and they end with a CaptureError where it cannot be read.
 */
export const openCapture = (path: string, port: number | undefined): History => {
  const totalOctets = sizeOf(path);
  let file: ReadStream | undefined;
  let remarks: readonly string[] = [];
  return {
    name: basename(path),
    totalOctets,
    octetsRead: () => file?.bytesRead ?? 0,
    remarks: () => remarks,
    frames: async function* () {
      file = createReadStream(path);
      const datagrams = new CaptureDatagrams(captureOctets(file), port);
      try {
        yield* captureFrames(datagrams);
      } catch (error) {
        if (!(error instanceof Error && 'syscall' in error)) throw error;
        throw new CaptureError(`the file cannot be read (${reasonOf(error)})`, file.bytesRead);
      } finally {
        remarks = captureRemarks(datagrams.counters);
      }
    },
  };
};

/** What is in a journal now. Throws ConfigError when there is none. */
export const openJournalHistory = (selection: FrameSelection): History => {
  const damage: string[] = [];
  const frames = new JournalFrames(selection, (text) => damage.push(`damaged: ${text}`));
  return {
    name: `journal ${selection.directory}`,
    totalOctets: frames.totalBytes,
    octetsRead: () => frames.bytesRead,
    remarks: () => damage,
    frames: async function* () {
      const past = makeFrame();
      const octets = new Uint8Array(past.octetWords.buffer);
      const { frame } = frames;
      try {
        while (frames.next()) {
          past.kind = frame.kind;
          past.payload = frame.bytes.subarray(frame.payloadOffset, frame.payloadOffset + frame.payloadBytes);
          octets.set(frame.bytes.subarray(frame.addressOffset, frame.addressOffset + octets.length));
          past.family = frame.family;
          past.exporterPort = frame.exporterPort;
          past.localPort = frame.localPort;
          past.micros = frame.micros;
          yield past;
        }
      } finally {
        frames.close();
      }
    },
  };
};
