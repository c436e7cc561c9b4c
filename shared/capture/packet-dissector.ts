/** Finds the headers of captured packets; what they say is read from there when it is asked for. */

import type { CapturedPacket } from './captured-packet.ts';
import { FragmentMemory } from './fragment-memory.ts';
import { isFragment, makeIpPacket, readIpPacket } from './ip-packet.ts';
import { findIp, isKnownLinkType, makeLinkTags, noIp } from './link-layer.ts';
import { absent, hasPorts, PacketFacts } from './packet-facts.ts';

/** LINKTYPE_ETHERNET, and the EtherTypes behind which most packets begin. */
const ethernet = 1;
const ethernetHeaderBytes = 14;
const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd } as const;
/** IPv4 without options. */
const plainIpv4 = 0x45;
const ipHeaderBytes = { ipv4: 20, ipv6: 40 } as const;
/** More Fragments and the offset; the bit for Don't Fragment says nothing here. */
const fragmentBits = 0x3fff;
const tcp = 6;
const udp = 17;

/** Whether an IPv4 packet behind Ethernet has no options, is no fragment and says its length. */
const isPlainIpv4 = (view: DataView, ipAt: number, end: number): boolean =>
  end - ipAt >= ipHeaderBytes.ipv4 &&
  view.getUint16(ipAt - 2) === etherTypes.ipv4 &&
  view.getUint8(ipAt) === plainIpv4 &&
  (view.getUint16(ipAt + 6) & fragmentBits) === 0 &&
  view.getUint16(ipAt + 2) >= ipHeaderBytes.ipv4;

/** Whether an IPv6 packet behind Ethernet is TCP or UDP without extension headers, and says its length. */
const isPlainIpv6 = (view: DataView, ipAt: number, end: number): boolean => {
  if (end - ipAt < ipHeaderBytes.ipv6 || view.getUint16(ipAt - 2) !== etherTypes.ipv6) return false;
  const protocol = view.getUint8(ipAt + 6);
  return (
    view.getUint8(ipAt) >> 4 === 6 && view.getUint16(ipAt + 4) > 0 && (protocol === tcp || protocol === udp)
  );
};

export class PacketDissector {
  /** Packets of interfaces whose link type is not known: they have a time, and nothing else. */
  unknownLinkTypes = 0;
  /** Later fragments whose first one was not seen before, where it would have had ports. */
  fragmentsWithoutPorts = 0;
  readonly #facts = new PacketFacts();
  readonly #tags = makeLinkTags();
  readonly #ip = makeIpPacket();
  readonly #fragments = new FragmentMemory();

  /** Valid until the next packet, and as long as its octets are. */
  dissect(packet: CapturedPacket): PacketFacts {
    const facts = this.#facts;
    const { view, at, end } = packet;
    facts.packet = packet;
    facts.view = view;
    facts.at = at;
    facts.end = end;
    const ipAt = at + ethernetHeaderBytes;
    const isEthernet = packet.linkType === ethernet;
    if (isEthernet && isPlainIpv4(view, ipAt, end)) {
      facts.family = 4;
      facts.protocol = view.getUint8(ipAt + 9);
      this.#pointAt(ipAt, ipHeaderBytes.ipv4, view.getUint16(ipAt + 2));
    } else if (isEthernet && isPlainIpv6(view, ipAt, end)) {
      facts.family = 6;
      facts.protocol = view.getUint8(ipAt + 6);
      this.#pointAt(ipAt, ipHeaderBytes.ipv6, ipHeaderBytes.ipv6 + view.getUint16(ipAt + 4));
    } else this.#dissectUnusual(facts, packet);
    return facts;
  }

  /** A packet of `ipBytes` at `ipAt` without anything special. */
  #pointAt(ipAt: number, headerBytes: number, ipBytes: number): void {
    const facts = this.#facts;
    const { view, end } = facts;
    facts.vlan = absent;
    facts.innerVlan = absent;
    facts.labelsAt = absent;
    facts.ipAt = ipAt;
    facts.ipBytes = ipBytes;
    facts.transport = view;
    facts.transportAt = ipAt + headerBytes;
    facts.transportEnd = ipBytes < end - ipAt ? ipAt + ipBytes : end;
  }

  /** Other link layers, tags, options, extension headers, fragments, lengths of 0, and what is no IP. */
  #dissectUnusual(facts: PacketFacts, packet: CapturedPacket): void {
    const tags = this.#tags;
    const { linkType, view, at, end } = packet;
    tags.vlan = absent;
    tags.innerVlan = absent;
    tags.labelsAt = absent;
    const ipAt = findIp(linkType, view, at, end, tags);
    facts.vlan = tags.vlan;
    facts.innerVlan = tags.innerVlan;
    facts.labelsAt = tags.labelsAt;
    facts.ipAt = ipAt === noIp ? absent : ipAt;
    if (ipAt !== noIp && this.#readIp(facts, packet)) return;
    facts.family = absent;
    facts.protocol = absent;
    facts.ipBytes = absent;
    if (!isKnownLinkType(linkType)) this.unknownLinkTypes++;
  }

  /** False: there is no whole IP header, or it contradicts itself. */
  #readIp(facts: PacketFacts, { view, at, end, originalBytes }: CapturedPacket): boolean {
    const ip = this.#ip;
    const { ipAt } = facts;
    if (!readIpPacket(ip, view, ipAt, end)) return false;
    facts.family = ip.version;
    facts.protocol = ip.protocol;
    // A packet that the network card was still to cut up (TSO), or a jumbogram: as long as its frame.
    const said = view.getUint16(ipAt + (ip.version === 4 ? 2 : 4));
    facts.ipBytes = said === 0 ? originalBytes - (ipAt - at) : ip.totalBytes;
    const isLater = ip.fragmentAt > 0;
    facts.transport = view;
    facts.transportAt = isLater ? ip.payloadEnd : ip.payloadAt;
    facts.transportEnd = ip.payloadEnd;
    if (!isFragment(ip)) return true;
    if (!isLater) this.#fragments.remember(facts, ip.identification);
    else if (!this.#fragments.complete(facts, ip.identification) && hasPorts(ip.protocol))
      this.fragmentsWithoutPorts++;
    return true;
  }
}
