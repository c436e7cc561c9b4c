/** What happens to a datagram on the receive thread: who sent it, may they, and into the chunk with it. */

import type { ChunkWriter } from './chunk-writer.ts';
import type { ReceiptClock } from './receipt-clock.ts';
import type { SourceTable } from './source-table.ts';
import type { DatagramReceiver } from './udp-listener.ts';

/**
 * The receiver for `UdpListener`. Each datagram ends in exactly one of three counters: refused by `--allow`, dropped because no
 * chunk was free (`queueDrops`), or a frame of a chunk (`writer.frames`).
 */
export const makeDatagramReceiver =
  (sources: SourceTable, writer: ChunkWriter, clock: ReceiptClock): DatagramReceiver =>
  (payload, address, port, listener) => {
    const source = sources.source(address);
    source.datagrams++;
    source.bytes += payload.length;
    if (!source.allowed) {
      source.refused++;
      listener.refused++;
      return;
    }
    writer.append(payload, source, port, listener.port, clock.nowMicros());
  };
