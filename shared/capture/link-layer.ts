/** Where the IP packet begins behind the link layer header, for the LINKTYPE_ values that captures of IP traffic have. */

/** A frame without IP in it (ARP, LLDP ...), or one that was cut before it. */
export const noIp = -1;

const etherTypes = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  vlan: 0x8100,
  providerVlan: 0x88a8,
  oldQinq: [0x9100, 0x9200, 0x9300],
  pppoeSession: 0x8864,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
} as const;
/** PPP protocol numbers (RFC 1661, RFC 5072). */
const pppProtocols = { ipv4: 0x0021, ipv6: 0x0057 } as const;
/** Headers before IP that we follow; more are an attack on our patience. */
const maxTags = 16;

/** What stands before IP, for those who want it. */
export interface LinkTags {
  /** Identifiers of the outermost and the next VLAN tag (IEEE 802.1Q, 12 bits); 0 without. */
  vlan: number;
  innerVlan: number;
  /** Where the MPLS labels begin (RFC 3032); 0 without. */
  labelsAt: number;
}

export const makeLinkTags = (): LinkTags => ({ vlan: 0, innerVlan: 0, labelsAt: 0 });
const unwanted = makeLinkTags();

const isVlan = (type: number): boolean =>
  type === etherTypes.vlan ||
  type === etherTypes.providerVlan ||
  etherTypes.oldQinq.some((old) => old === type);

/** The IP packet at `at`, when its first four bits say so. */
const ipAt = (view: DataView, at: number, end: number): number => {
  if (at >= end) return noIp;
  const version = view.getUint8(at) >> 4;
  return version === 4 || version === 6 ? at : noIp;
};

/** A PPP header at `at` (RFC 1662): FF 03 may be missing, and the upper octet of the protocol too. */
const afterPpp = (view: DataView, at: number, end: number): number => {
  if (end - at < 4) return noIp;
  let position = view.getUint16(at) === 0xff03 ? at + 2 : at;
  const short = view.getUint8(position) & 1;
  const protocol = short ? view.getUint8(position) : view.getUint16(position);
  position += short ? 1 : 2;
  return protocol === pppProtocols.ipv4 || protocol === pppProtocols.ipv6 ? ipAt(view, position, end) : noIp;
};

/** Behind the last label of the stack (RFC 3032 2.1). */
const afterMpls = (view: DataView, at: number, end: number): number => {
  for (let position = at; end - position >= 4; position += 4) {
    if (view.getUint8(position + 2) & 1) return ipAt(view, position + 4, end);
  }
  return noIp;
};

/** What stands at `at` is named by an EtherType: IP, tags before it, or nothing for us. */
const afterEtherType = (
  view: DataView,
  first: number,
  start: number,
  end: number,
  into: LinkTags,
): number => {
  let vlans = 0;
  let type = first;
  let at = start;
  for (let tags = 0; tags < maxTags; tags++) {
    if (type === etherTypes.ipv4 || type === etherTypes.ipv6) return ipAt(view, at, end);
    if (type === etherTypes.mpls || type === etherTypes.mplsMulticast) {
      into.labelsAt = at;
      return afterMpls(view, at, end);
    }
    if (type === etherTypes.pppoeSession) return afterPpp(view, at + 6, end);
    if (isVlan(type)) {
      if (end - at < 4) return noIp;
      const vlan = view.getUint16(at) & 0x0fff;
      if (vlans === 0) into.vlan = vlan;
      else if (vlans === 1) into.innerVlan = vlan;
      vlans++;
      type = view.getUint16(at + 2);
      at += 4;
    } else if (type <= 1500 && end - at >= 8 && view.getUint32(at) >>> 8 === 0xaaaa03) {
      // IEEE 802.3 with LLC and SNAP: AA AA 03, organisation, EtherType.
      type = view.getUint16(at + 6);
      at += 8;
    } else return noIp;
  }
  return noIp;
};

type Finder = (view: DataView, at: number, end: number, into: LinkTags) => number;

/** A header of `headerBytes` with an EtherType at `typeAt`. */
const etherTyped =
  (typeAt: number, headerBytes: number): Finder =>
  (view, at, end, into) =>
    end - at < headerBytes
      ? noIp
      : afterEtherType(view, view.getUint16(at + typeAt), at + headerBytes, end, into);

/** Four octets of address family, whose numbers for IPv6 differ between systems: the IP header tells. */
const afterFamily: Finder = (view, at, end) => ipAt(view, at + 4, end);

/** By LINKTYPE_ value (https://www.tcpdump.org/linktypes.html). */
const finders = new Map<number, Finder>([
  [0, afterFamily], // NULL
  [1, etherTyped(12, 14)], // ETHERNET
  [9, afterPpp], // PPP
  [12, ipAt], // raw IP, as some systems number it
  [14, ipAt], // raw IP, OpenBSD
  [50, afterPpp], // PPP_HDLC
  [51, (view, at, end) => afterPpp(view, at + 6, end)], // PPP_ETHER
  [101, ipAt], // RAW
  [104, etherTyped(2, 4)], // C_HDLC
  [108, afterFamily], // LOOP
  [113, etherTyped(14, 16)], // LINUX_SLL
  [228, ipAt], // IPV4
  [229, ipAt], // IPV6
  [276, etherTyped(0, 20)], // LINUX_SLL2
]);

export const isKnownLinkType = (linkType: number): boolean => finders.has(linkType);

/**
 * Offset of the IP header of the frame in `[at, end)`, or `noIp`; also for a link type that is not known. VLAN identifiers
 * and the place of MPLS labels are written to `into`, where there are any; the rest of it stays as it is.
 */
export const findIp = (
  linkType: number,
  view: DataView,
  at: number,
  end: number,
  into: LinkTags = unwanted,
): number => finders.get(linkType)?.(view, at, end, into) ?? noIp;
