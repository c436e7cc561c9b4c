import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { type ControlFrame, readControlFrame } from '../../../collector/receive/control-frame.ts';
import { Reception, type ReceptionOptions } from '../../../collector/receive/reception.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { sendDatagrams } from '../../support/send-datagrams.ts';
import { until } from '../../support/until.ts';

interface Frame {
  readonly kind: number;
  readonly position: number;
  readonly micros: number;
  readonly payload: Uint8Array;
}

const open = async (allow: readonly string[] = [], more: Partial<ReceptionOptions> = {}) => {
  const chunks: { chunk: ArrayBuffer; octets: Uint8Array }[] = [];
  const reception = await Reception.open({
    listen: ['udp://127.0.0.1:0', 'udp://127.0.0.1:0'],
    allow: parseAllowList(allow),
    receiveBufferBytes: 65_536,
    onChunk: (chunk, usedBytes) => chunks.push({ chunk, octets: new Uint8Array(chunk.slice(0, usedBytes)) }),
    ...more,
  });
  const frames = (kind: number): Frame[] => {
    const reader = new ChunkReader();
    const found: Frame[] = [];
    for (const { octets } of chunks) {
      reader.open(octets, octets.length);
      while (reader.next()) {
        const { framePosition: position, micros, payloadOffset, payloadBytes } = reader;
        const payload = octets.subarray(payloadOffset, payloadOffset + payloadBytes);
        if (reader.kind === kind) found.push({ kind, position, micros, payload });
      }
    }
    return found;
  };
  return {
    reception,
    chunks,
    frames,
    texts: () => frames(1).map(({ payload }) => Buffer.from(payload).toString()),
    /** What was told since the chunks were emptied; the timer may have told some of it in a frame of its own. */
    told: () => {
      reception.writer.flush();
      const sums = { frames: 0, kernelDrops: 0, refused: 0, queueDrops: 0 };
      const exporters = new Map<string, [number, number]>();
      for (const { payload } of frames(2)) {
        const frame = readControlFrame(payload) as ControlFrame;
        sums.frames++;
        for (const name of ['kernelDrops', 'refused', 'queueDrops'] as const) sums[name] += frame[name];
        for (const [address, refused, queueDrops] of frame.exporters) {
          const before = exporters.get(address) ?? [0, 0];
          exporters.set(address, [before[0] + refused, before[1] + queueDrops]);
        }
      }
      for (const { chunk } of chunks.splice(0)) reception.writer.recycle(chunk);
      return { ...sums, exporters: [...exporters] };
    },
  };
};

t.test('what the kernel still holds is in the last chunk when it is closed', async (t) => {
  const { reception, texts, told } = await open();
  const [first, second] = reception.listeners.map(({ port }) => port);
  const sent = Array.from({ length: 50 }, (_, i) => `datagram ${i}`);
  await sendDatagrams(
    { port: first ?? 0 },
    sent.slice(0, 25).map((text) => Buffer.from(text)),
  );
  await sendDatagrams(
    { port: second ?? 0 },
    sent.slice(25).map((text) => Buffer.from(text)),
  );
  await reception.close();
  t.same(texts().sort(), [...sent].sort());
  t.equal(reception.datagrams, 50);
  t.equal(reception.refused, 0);
  t.match(told(), { kernelDrops: 0, refused: 0, queueDrops: 0, exporters: [] });
});

t.test('losses are told once, by whom they hit', async (t) => {
  const { reception, told, texts } = await open(['127.0.0.2']);
  const port = reception.listeners[0]?.port ?? 0;
  await sendDatagrams({ port, from: '127.0.0.3' }, [Buffer.from('no'), Buffer.from('no')]);
  await sendDatagrams({ port, from: '127.0.0.2' }, [Buffer.from('yes')]);
  await until('all are read', () => reception.datagrams === 3);
  reception.sendControl();
  reception.writer.flush();
  t.same(texts(), ['yes']);
  t.match(told(), { refused: 2, queueDrops: 0, kernelDrops: 0, exporters: [['127.0.0.3', [2, 0]]] });
  reception.sendControl();
  t.same(told(), { frames: 0, refused: 0, queueDrops: 0, kernelDrops: 0, exporters: [] }, 'nothing since');
  await sendDatagrams({ port, from: '127.0.0.3' }, [Buffer.from('no')]);
  await reception.close();
  t.match(told(), { refused: 1, exporters: [['127.0.0.3', [1, 0]]] }, 'also at the end');
});

t.test('a loss that could not be told is told later', async (t) => {
  const { reception, told, frames, chunks } = await open();
  const port = reception.listeners[0]?.port ?? 0;
  // All chunks there are are away.
  const { writer } = reception;
  for (let i = 0; i < writer.maxChunks; i++) {
    writer.appendControl(Buffer.from('{}'), reception.clock.nowMicros());
    writer.flush();
  }
  await sendDatagrams({ port }, [Buffer.from('lost'), Buffer.from('lost')]);
  await until('both are read', () => reception.datagrams === 2);
  t.equal(writer.queueDrops, 2);
  const before = frames(2).length;
  reception.sendControl();
  reception.sendControl();
  writer.flush();
  t.equal(frames(2).length, before, 'there is no chunk for it');
  for (const { chunk } of chunks.splice(0)) writer.recycle(chunk);
  reception.sendControl();
  t.match(told(), { queueDrops: 2, refused: 0, exporters: [['127.0.0.1', [0, 2]]] });
  await reception.close();
  t.match(told(), { queueDrops: 0 });
});

t.test('what sources counted that are no longer kept is in the sums', async (t) => {
  const { reception, told } = await open();
  const [listener] = reception.listeners;
  if (!listener) throw new Error('no listener');
  listener.refused += 3;
  listener.kernelDrops += 4;
  reception.sendControl();
  t.match(told(), { refused: 3, kernelDrops: 4, exporters: [] });
  await reception.close();
});

t.test('when nothing comes, every tenth call says so', async (t) => {
  const { reception, told } = await open();
  const calls = (count: number): number => {
    for (let i = 0; i < count; i++) reception.sendControl();
    return told().frames;
  };
  // The timer may have called in between, once or twice on a slow machine.
  t.ok(calls(7) === 0);
  t.equal(calls(10), 1);
  t.ok(calls(20) === 2);
  await reception.close();
});

t.test('it speaks by itself, and continues a journal', async (t) => {
  const afterMicros = 4e15;
  const { reception, frames } = await open([], { firstPosition: 4096, afterMicros });
  await sendDatagrams({ port: reception.listeners[0]?.port ?? 0 }, [Buffer.from('hello')]);
  await until('a control frame comes', () => frames(2).length > 0);
  await reception.close();
  t.equal(frames(1)[0]?.position, 4096 + 32);
  t.ok((frames(1)[0]?.micros ?? 0) > afterMicros);
  t.ok((frames(2)[0]?.micros ?? 0) > (frames(1)[0]?.micros ?? 0));
});

t.test('a socket that cannot be had', async (t) => {
  const options = { allow: parseAllowList([]), receiveBufferBytes: 65_536, onChunk: () => undefined };
  await t.rejects(Reception.open({ ...options, listen: ['udp://192.0.2.1:0'] }), ConfigError);
});
