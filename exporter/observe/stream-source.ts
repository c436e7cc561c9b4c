/** A capture that comes as a stream, whoever writes it and whenever: standard input, a named pipe. */

import type { Readable } from 'node:stream';
import { captureOctets } from '../../shared/capture/capture-octets.ts';
import type { PacketSource } from './packet-source.ts';

/** The source owns `stream`: it is destroyed at the end, or when it is stopped while nobody writes. */
export const streamSource = (name: string, stream: Readable): PacketSource => {
  let stopped = false;
  return {
    name,
    isLive: false,
    totalOctets: 0,
    interfaces: [],
    async *octets() {
      try {
        yield* captureOctets(stream);
      } catch (error) {
        // A stream that is destroyed while it is read calls that premature.
        if (!stopped) throw error;
      }
    },
    stop() {
      stopped = true;
      stream.destroy();
    },
  };
};
