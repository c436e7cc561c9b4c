/**
 * The thread that reads a netlink socket, one datagram a call. Reading blocks, as every way through the event loop costs several
 * times the read itself; the socket's receive timeout lets it look up now and then.
 *
 * Processes are looked for right here: any other thread would come later, and short connections are gone then.
 */

import { readlinkSync, readSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { AttributionEffort } from './attribution.ts';
import { AttributionPace } from './attribution-pace.ts';
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
import { NetlinkSocket } from './netlink-socket.ts';
import { openAttribution } from './open-attribution.ts';

const pauseMs = 5;
/** The queue of the socket is read to its end at a stop, unless events come faster than that. */
const maxDrainMs = 5000;

const { mode, fd, maxChunks, napMs, control: sharedControl, processes } = workerData as ThreadData;
const port = parentPort;
if (!port) throw new Error('netlink-thread runs as a worker only');
/** Not 0: stop. */
const control = new Int32Array(sharedControl);

const opened = processes && openAttribution(processes.diagFd, processes);

/**
 * A short connection is over in a millisecond, so who looks for its process must not wait for its turn. In a flood it is too late
 * anyway, and those who work come first.
 */
const priorities = { urgent: -15, usual: 0 };
const setUrgent = (isUrgent: boolean): void => {
  try {
    // "PID/task/TID": to Linux a thread has a priority of its own.
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, isUrgent ? priorities.urgent : priorities.usual);
  } catch {
    // It needs CAP_SYS_NICE.
  }
};

const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transfer]);

const writer = new ChunkWriter({
  maxChunks,
  post: (chunk, usedBytes) =>
    tell({ type: 'chunk', chunk, usedBytes, report: opened?.recorder.takeReport() }, [chunk]),
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
    // A signal, or that the process was stopped for a while, ends a read that waits.
    if (code === 'EINTR') return readDatagram();
    if (code === 'EAGAIN') return 0;
    if (code === 'ENOBUFS') return -1;
    throw error;
  }
};

/** The datagram that was read last, with the processes of its connections. */
const commitDatagram = (length: number, isDump: boolean, effort: () => AttributionEffort): void => {
  const nowMs = Date.now();
  if (opened === undefined) {
    writer.commit(length, frameKinds.datagram, nowMs * 1000);
    return;
  }
  const { recorder } = opened;
  const view = new DataView(writer.bytes.buffer);
  const at = writer.payloadAt;
  const count = recorder.lookUp(view, writer.bytes, at, at + length, isDump, effort, nowMs);
  if (count === 0) writer.commit(length, frameKinds.datagram, nowMs * 1000);
  else writer.commit(length, frameKinds.attributed, nowMs * 1000, recorder.numbers, count);
};

/** A read that takes longer has found nothing at first. */
const waitedMs = 0.2;
/** Where there are few events, it looks for them less often. */
const idleNaps = 4;

const readEvents = (): void => {
  const socket = opened && NetlinkSocket.inherit(fd);
  const queuedBytes = (): number => socket?.readQueue().queuedBytes ?? 0;
  const pace = new AttributionPace(queuedBytes, processes?.receiveBufferBytes ?? 0);
  let isUrgent = false;
  const effort = (): AttributionEffort => {
    const now = pace.effort(performance.now());
    if (isUrgent !== (now === 'full')) {
      isUrgent = now === 'full';
      setUrgent(isUrgent);
    }
    return now;
  };
  // The first event shall not be the first to hurry.
  if (opened !== undefined) effort();
  let drainUntilMs = 0;
  let naps = 1;
  for (;;) {
    const isStopping = Atomics.load(control, 0) !== 0;
    if (isStopping) drainUntilMs ||= performance.now() + maxDrainMs;
    const beforeMs = opened === undefined ? 0 : performance.now();
    const length = readDatagram();
    if (opened !== undefined) {
      const afterMs = performance.now();
      if (afterMs - beforeMs > waitedMs) pace.waited(afterMs);
    }
    if (length > 0) commitDatagram(length, false, effort);
    else if (length < 0) writer.commit(0, frameKinds.overrun, Date.now() * 1000);
    if (isStopping && (length === 0 || performance.now() > drainUntilMs)) break;
    if (length !== 0) naps = 1;
    else {
      writer.flushIfAwaited();
      // With processes, reading itself waits.
      if (opened !== undefined) continue;
      Atomics.wait(control, 0, 0, napMs * naps);
      naps = Math.min(idleNaps, naps + 1);
    }
  }
  writer.flush();
};

/** To look for the processes of a large table must not take for ever. */
const maxLookUpMs = 2000;

const readDump = (sequence: number, withProcesses: boolean): void => {
  let ended = false;
  let complete = true;
  let errorNumber = 0;
  if (withProcesses) opened?.attribution.prepare(Date.now());
  const lookUpUntilMs = withProcesses ? performance.now() + maxLookUpMs : 0;
  const effort = (): AttributionEffort => (performance.now() < lookUpUntilMs ? 'light' : 'none');
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
    if (withProcesses) commitDatagram(length, true, effort);
    else writer.commit(length, frameKinds.datagram, Date.now() * 1000);
  }
  writer.flush();
  tell({ type: 'dumped', complete: complete && errorNumber === 0, errorNumber });
};

if (mode === 'events') readEvents();
else
  port.on('message', (message: ToThread) => {
    if (message.type === 'dump') readDump(message.sequence, message.withProcesses);
    else if (message.type === 'chunk') writer.giveBack(message.chunk);
    else port.close();
  });
