/**
 * The thread that reads a netlink socket, one datagram a call. Reading blocks, as every way through the event loop costs several
 * times the read itself; the socket's receive timeout lets it look up now and then.
 */

import { readSync, writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ChunkWriter, frameKinds, maxDatagramBytes } from './netlink-chunk.ts';
import {
  isLittleEndian,
  makeRequest,
  messageFlags,
  messageTypes,
  readErrorNumber,
  visitMessages,
} from './netlink-message.ts';
import type { FromThread, ThreadData, ToThread } from './netlink-reader.ts';

const pauseMs = 5;
/** The queue of the socket is read to its end at a stop, unless events come faster than that. */
const maxDrainMs = 5000;

const { mode, fd, maxChunks, napMs, control: sharedControl } = workerData as ThreadData;
const port = parentPort;
if (!port) throw new Error('netlink-thread runs as a worker only');
/** Not 0: stop. */
const control = new Int32Array(sharedControl);

const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transfer]);

const writer = new ChunkWriter({
  maxChunks,
  post: (chunk, usedBytes) => tell({ type: 'chunk', chunk, usedBytes }, [chunk]),
  takeBack: () => {
    const message = receiveMessageOnPort(port)?.message as ToThread | undefined;
    return message?.type === 'chunk' ? message.chunk : undefined;
  },
  pause: () => void Atomics.wait(control, 1, 0, pauseMs),
});

/** Reads a datagram into the chunk. 0: there is none. -1: the kernel has lost some. */
const readDatagram = (): number => {
  writer.reserve();
  try {
    return readSync(fd, writer.bytes, writer.payloadAt, maxDatagramBytes, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return 0;
    if (code === 'ENOBUFS') return -1;
    throw error;
  }
};

/** Where there are few events, it looks for them less often. */
const idleNaps = 4;

const readEvents = (): void => {
  let drainUntilMs = 0;
  let naps = 1;
  for (;;) {
    const isStopping = Atomics.load(control, 0) !== 0;
    if (isStopping) drainUntilMs ||= performance.now() + maxDrainMs;
    const length = readDatagram();
    if (length > 0) writer.commit(length, frameKinds.datagram, Date.now() * 1000);
    else if (length < 0) writer.commit(0, frameKinds.overrun, Date.now() * 1000);
    if (isStopping && (length === 0 || performance.now() > drainUntilMs)) break;
    if (length !== 0) naps = 1;
    else {
      writer.flushIfAwaited();
      Atomics.wait(control, 0, 0, napMs * naps);
      naps = Math.min(idleNaps, naps + 1);
    }
  }
  writer.flush();
};

const readDump = (sequence: number): void => {
  let ended = false;
  let complete = true;
  let errorNumber = 0;
  writeSync(fd, makeRequest(messageTypes.connectionGet, messageFlags.dump, sequence));
  while (!ended) {
    const length = readDatagram();
    if (length <= 0) {
      complete = false;
      break;
    }
    const view = new DataView(writer.bytes.buffer);
    const at = writer.payloadAt;
    // A dump that was given up may have left something in the queue.
    if (length < 12 || view.getUint32(at + 8, isLittleEndian) !== sequence) continue;
    const whole = visitMessages(view, at, at + length, (type, from, end) => {
      if ((view.getUint16(from + 6, isLittleEndian) & messageFlags.dumpInterrupted) !== 0) complete = false;
      if (type !== messageTypes.done && type !== messageTypes.error) return;
      ended = true;
      errorNumber = readErrorNumber(view, from, end);
    });
    complete &&= whole;
    writer.commit(length, frameKinds.datagram, Date.now() * 1000);
  }
  writer.flush();
  tell({ type: 'dumped', complete: complete && errorNumber === 0, errorNumber });
};

if (mode === 'events') readEvents();
else
  port.on('message', (message: ToThread) => {
    if (message.type === 'dump') readDump(message.sequence);
    else if (message.type === 'chunk') writer.giveBack(message.chunk);
    else port.close();
  });
