/** What filters ask of a packet, out of the octets of an Ethernet frame. */

import { CaptureReader } from '../../shared/capture/capture-reader.ts';
import { PacketDissector } from '../../shared/capture/packet-dissector.ts';
import { PacketFacts } from '../../shared/capture/packet-facts.ts';
import { pcapBytes } from './capture-builder.ts';

const properties = Object.entries(Object.getOwnPropertyDescriptors(PacketFacts.prototype));
const readNames = properties.filter(([, { get }]) => get !== undefined).map(([name]) => name);

/** All that it says now, as values that stay, and can be others. */
export const frozenFacts = (facts: PacketFacts, others: Partial<PacketFacts> = {}): PacketFacts => {
  const read = readNames.map((name) => [name, facts[name as keyof PacketFacts]] as const);
  return { ...facts, ...Object.fromEntries(read), ...others } as PacketFacts;
};

/** A packet of which nothing is known but this. */
export const factsWith = (known: Partial<PacketFacts>): PacketFacts => frozenFacts(new PacketFacts(), known);

/** The facts of each frame, in order, one dissector for all. The frames are a second apart from 2024-01-01T00:00:00.000007Z on. */
export const packetFactsOf = (frames: readonly Uint8Array[], linkType = 1): PacketFacts[] => {
  const reader = new CaptureReader();
  const dissector = new PacketDissector();
  const found: PacketFacts[] = [];
  reader.push(pcapBytes(frames, linkType));
  for (let packet = reader.next(); packet; packet = reader.next())
    found.push(frozenFacts(dissector.dissect(packet)));
  return found;
};
