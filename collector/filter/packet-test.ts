import type { PacketFacts } from '../../shared/capture/packet-facts.ts';

/** Whether a packet is one of those that are meant. */
export type PacketTest = (packet: PacketFacts) => boolean;
