import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { Reception } from '../../../collector/receive/reception.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { sendDatagrams } from '../../support/send-datagrams.ts';
import { until } from '../../support/until.ts';

const open = async (allow: readonly string[] = []) => {
  const chunks: Uint8Array[] = [];
  const reception = await Reception.open({
    listen: ['udp://127.0.0.1:0', 'udp://127.0.0.1:0'],
    allow: parseAllowList(allow),
    receiveBufferBytes: 65_536,
    onChunk: (chunk, usedBytes) => chunks.push(new Uint8Array(chunk.slice(0, usedBytes))),
  });
  return { reception, chunks };
};

/** Payloads of all frames. */
const payloadsOf = (chunks: readonly Uint8Array[]): string[] => {
  const reader = new ChunkReader();
  const found: string[] = [];
  for (const chunk of chunks) {
    reader.open(chunk, chunk.length);
    while (reader.next())
      found.push(
        Buffer.from(
          chunk.subarray(reader.payloadOffset, reader.payloadOffset + reader.payloadBytes),
        ).toString(),
      );
  }
  return found;
};

t.test('what the kernel still holds is in the last chunk when it is closed', async (t) => {
  const { reception, chunks } = await open();
  const [first, second] = reception.listeners.map(({ port }) => port);
  const texts = Array.from({ length: 50 }, (_, i) => `datagram ${i}`);
  await sendDatagrams(
    { port: first ?? 0 },
    texts.slice(0, 25).map((text) => Buffer.from(text)),
  );
  await sendDatagrams(
    { port: second ?? 0 },
    texts.slice(25).map((text) => Buffer.from(text)),
  );
  await reception.close();
  t.same(payloadsOf(chunks).sort(), [...texts].sort());
  t.equal(reception.datagrams, 50);
  t.equal(reception.refused, 0);
  t.same(reception.takeLosses(), []);
});

t.test('losses are told once, by whom they hit', async (t) => {
  const { reception, chunks } = await open(['127.0.0.2']);
  const port = reception.listeners[0]?.port ?? 0;
  await sendDatagrams({ port, from: '127.0.0.3' }, [Buffer.from('no'), Buffer.from('no')]);
  await sendDatagrams({ port, from: '127.0.0.2' }, [Buffer.from('yes')]);
  await until('all are read', () => reception.datagrams === 3);
  t.equal(reception.refused, 2);
  t.same(reception.takeLosses(), [{ exporter: '127.0.0.3', refused: 2, queueDrops: 0, kernelDrops: 0 }]);
  t.same(reception.takeLosses(), [], 'since the last time nothing');
  await sendDatagrams({ port, from: '127.0.0.3' }, [Buffer.from('no')]);
  await reception.close();
  t.match(reception.takeLosses(), [{ exporter: '127.0.0.3', refused: 1 }]);
  t.same(payloadsOf(chunks), ['yes']);
});

t.test('a socket that cannot be had', async (t) => {
  const options = { allow: parseAllowList([]), receiveBufferBytes: 65_536, onChunk: () => undefined };
  await t.rejects(Reception.open({ ...options, listen: ['udp://192.0.2.1:0'] }), ConfigError);
});
