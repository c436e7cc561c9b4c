/** From a captured packet to what filters ask of it. */

import type { CapturedPacket } from '../../shared/capture/captured-packet.ts';
import { isFragment, makeIpPacket, readIpPacket } from '../../shared/capture/ip-packet.ts';
import { findIp, isKnownLinkType, makeLinkTags, noIp } from '../../shared/capture/link-layer.ts';
import { absent, makePacketFacts, type PacketFacts } from '../filter/packet-facts.ts';
import { FragmentMemory } from './fragment-memory.ts';

const ethernet = 1;
const ethernetHeaderBytes = 14;
const protocols = { icmp: 1, tcp: 6, udp: 17, dccp: 33, icmp6: 58, sctp: 132, udpLite: 136 } as const;
/** Where TCP has its flags. */
const flagsAt = 13;
const mappedWord = 0xffff;

const hasPorts = (protocol: number): boolean =>
  protocol === protocols.tcp ||
  protocol === protocols.udp ||
  protocol === protocols.sctp ||
  protocol === protocols.dccp ||
  protocol === protocols.udpLite;

const forgetTransport = (facts: PacketFacts): void => {
  facts.srcPort = absent;
  facts.dstPort = absent;
  facts.tcpFlags = absent;
  facts.icmpType = absent;
  facts.icmpCode = absent;
};

const forgetIp = (facts: PacketFacts): void => {
  facts.family = absent;
  facts.protocol = absent;
  facts.tos = absent;
  facts.ttl = absent;
  facts.ipBytes = absent;
  facts.flowLabel = absent;
};

/** What stands at the beginning of `[at, end)`; what was not captured is absent. */
const readTransport = (facts: PacketFacts, view: DataView, at: number, end: number): void => {
  const { protocol } = facts;
  if (hasPorts(protocol)) {
    if (end - at < 4) return;
    facts.srcPort = view.getUint16(at);
    facts.dstPort = view.getUint16(at + 2);
    if (protocol === protocols.tcp && end - at > flagsAt) facts.tcpFlags = view.getUint8(at + flagsAt);
  } else if (protocol === protocols.icmp || protocol === protocols.icmp6) {
    if (end - at < 2) return;
    facts.icmpType = view.getUint8(at);
    facts.icmpCode = view.getUint8(at + 1);
  }
};

const readIpv4 = (facts: PacketFacts, view: DataView, at: number): void => {
  facts.family = 4;
  facts.tos = view.getUint8(at + 1);
  facts.ttl = view.getUint8(at + 8);
  facts.flowLabel = absent;
  facts.src0 = 0;
  facts.src1 = 0;
  facts.src2 = mappedWord;
  facts.src3 = view.getInt32(at + 12);
  facts.dst0 = 0;
  facts.dst1 = 0;
  facts.dst2 = mappedWord;
  facts.dst3 = view.getInt32(at + 16);
};

const readIpv6 = (facts: PacketFacts, view: DataView, at: number): void => {
  facts.family = 6;
  facts.tos = (view.getUint16(at) >> 4) & 0xff;
  facts.ttl = view.getUint8(at + 7);
  facts.flowLabel = view.getUint32(at) & 0xfffff;
  facts.src0 = view.getInt32(at + 8);
  facts.src1 = view.getInt32(at + 12);
  facts.src2 = view.getInt32(at + 16);
  facts.src3 = view.getInt32(at + 20);
  facts.dst0 = view.getInt32(at + 24);
  facts.dst1 = view.getInt32(at + 28);
  facts.dst2 = view.getInt32(at + 32);
  facts.dst3 = view.getInt32(at + 36);
};

export class PacketDissector {
  /** Packets of interfaces whose link type is not known: they have a time, and nothing else. */
  unknownLinkTypes = 0;
  readonly #facts = makePacketFacts();
  readonly #tags = makeLinkTags();
  readonly #ip = makeIpPacket();
  readonly #fragments = new FragmentMemory();

  /** Valid until the next packet. */
  dissect(packet: CapturedPacket): PacketFacts {
    const facts = this.#facts;
    const tags = this.#tags;
    const { linkType, view, at, end } = packet;
    tags.vlan = absent;
    tags.innerVlan = absent;
    tags.labelsAt = absent;
    const ipAt = findIp(linkType, view, at, end, tags);
    facts.micros = packet.seconds * 1e6 + Math.floor(packet.nanos / 1000);
    facts.view = view;
    facts.end = end;
    facts.vlan = tags.vlan;
    facts.innerVlan = tags.innerVlan;
    facts.labelsAt = tags.labelsAt;
    facts.ethernetAt = linkType === ethernet && end - at >= ethernetHeaderBytes ? at : absent;
    forgetTransport(facts);
    if (ipAt === noIp || !this.#readIp(facts, packet, ipAt)) {
      forgetIp(facts);
      if (!isKnownLinkType(linkType)) this.unknownLinkTypes++;
    }
    return facts;
  }

  #readIp(facts: PacketFacts, { view, end, originalBytes, at }: CapturedPacket, ipAt: number): boolean {
    const ip = this.#ip;
    if (!readIpPacket(ip, view, ipAt, end)) return false;
    const isVersion4 = ip.version === 4;
    if (isVersion4) readIpv4(facts, view, ipAt);
    else readIpv6(facts, view, ipAt);
    facts.protocol = ip.protocol;
    // A packet that the network card was still to cut up (TSO), or a jumbogram: as long as its frame.
    const said = view.getUint16(ipAt + (isVersion4 ? 2 : 4));
    facts.ipBytes = said === 0 ? originalBytes - (ipAt - at) : ip.totalBytes;
    if (ip.fragmentAt === 0) readTransport(facts, view, ip.payloadAt, ip.payloadEnd);
    if (isFragment(ip)) {
      if (ip.fragmentAt === 0) this.#fragments.remember(facts, ip.identification);
      else this.#fragments.complete(facts, ip.identification);
    }
    return true;
  }
}
