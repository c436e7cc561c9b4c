import dgram from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { parseAllowList } from '../../../collector/receive/allow-list.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { ChunkWriter } from '../../../collector/receive/chunk-writer.ts';
import { ReceiptClock } from '../../../collector/receive/receipt-clock.ts';
import { makeDatagramReceiver } from '../../../collector/receive/receive-datagram.ts';
import { SourceTable } from '../../../collector/receive/source-table.ts';
import { openUdpListeners, type UdpListener } from '../../../collector/receive/udp-listener.ts';

t.test('from the socket to frames; each datagram is in one counter', async (t) => {
  const reader = new ChunkReader();
  const frames: string[] = [];
  const writer = new ChunkWriter({
    maxChunks: 1,
    maxAgeMs: 1e9,
    onChunk: (chunk, usedBytes) => {
      reader.open(chunk, usedBytes);
      while (reader.next()) {
        const address = Buffer.from(reader.bytes.subarray(reader.addressOffset, reader.addressOffset + 16));
        const payload = Buffer.from(
          reader.bytes.subarray(reader.payloadOffset, reader.payloadOffset + reader.payloadBytes),
        );
        frames.push(`${address.toString('hex').slice(-12)} ${reader.localPort} ${payload}`);
      }
    },
  });
  const sources = new SourceTable(parseAllowList(['127.0.0.1', '127.0.0.3']));
  const receive = makeDatagramReceiver(sources, writer, new ReceiptClock());
  const [listener] = (await openUdpListeners(['udp://127.0.0.1:0'], { receive })) as [UdpListener];
  for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.2']) {
    const socket = dgram.createSocket('udp4').bind(0, host);
    await once(socket, 'listening');
    await new Promise((resolve) => socket.send(`from ${host}`, listener.port, '127.0.0.1', resolve));
    socket.close();
  }
  await listener.drain();
  writer.flush();
  t.same(frames, [
    `ffff7f000001 ${listener.port} from 127.0.0.1`,
    `ffff7f000003 ${listener.port} from 127.0.0.3`,
  ]);
  // The only chunk is away, so what comes now is dropped.
  receive(Buffer.from('late'), '127.0.0.3', 1, listener);
  const bySource = [...sources.values()].map((s) => [s.address, s.datagrams, s.refused, s.queueDrops]);
  t.same(bySource, [
    ['127.0.0.1', 1, 0, 0],
    ['127.0.0.2', 2, 2, 0],
    ['127.0.0.3', 2, 0, 1],
  ]);
  t.equal(listener.datagrams, 4);
  t.equal(listener.refused, 2);
  t.equal(listener.refused + writer.queueDrops + writer.frames, 4 + 1);
  await listener.close();
});
