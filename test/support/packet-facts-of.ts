/** What a filter asks of a packet, out of the octets of an Ethernet frame. */

import { PacketDissector } from '../../collector/extract/packet-dissector.ts';
import type { PacketFacts } from '../../collector/filter/packet-facts.ts';
import { CaptureReader } from '../../shared/capture/capture-reader.ts';
import { pcapBytes } from './capture-builder.ts';

/** The facts of each frame, in order, one dissector for all. The frames are a second apart from 2024-01-01T00:00:00.000007Z on. */
export const packetFactsOf = (frames: readonly Uint8Array[], linkType = 1): PacketFacts[] => {
  const reader = new CaptureReader();
  const dissector = new PacketDissector();
  const found: PacketFacts[] = [];
  reader.push(pcapBytes(frames, linkType));
  for (let packet = reader.next(); packet; packet = reader.next())
    found.push({ ...dissector.dissect(packet) });
  return found;
};
