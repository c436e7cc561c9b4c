/** Headers of IPv4 (RFC 791) and IPv6 (RFC 8200) packets, as far as a capture has them. */

/** One object is filled again and again; offsets are into the octets that it was read from. */
export interface IpPacket {
  version: 4 | 6;
  headerAt: number;
  /** Of `addressBytes` octets each: 4 or 16. */
  srcAt: number;
  dstAt: number;
  addressBytes: 4 | 16;
  /** Octets of the packet as its header says, headers included; also where fewer were captured. */
  totalBytes: number;
  /** Protocol of what `[payloadAt, payloadEnd)` holds, behind options and extension headers. */
  protocol: number;
  payloadAt: number;
  /** Where the packet ends, or what was captured of it. */
  payloadEnd: number;
  /** Octets of the payload before this fragment; 0 also where the packet is whole. */
  fragmentAt: number;
  moreFragments: boolean;
  identification: number;
}

export const makeIpPacket = (): IpPacket => ({
  version: 4,
  headerAt: 0,
  srcAt: 0,
  dstAt: 0,
  addressBytes: 4,
  totalBytes: 0,
  protocol: 0,
  payloadAt: 0,
  payloadEnd: 0,
  fragmentAt: 0,
  moreFragments: false,
  identification: 0,
});

export const isFragment = (packet: IpPacket): boolean => packet.moreFragments || packet.fragmentAt > 0;

const readIpv4 = (packet: IpPacket, view: DataView, at: number, end: number): boolean => {
  if (end - at < 20) return false;
  const headerBytes = (view.getUint8(at) & 0x0f) * 4;
  if (headerBytes < 20 || headerBytes > end - at) return false;
  const said = view.getUint16(at + 2);
  // A captured packet that the network card was still to cut up (TSO) has a length of 0.
  packet.totalBytes = said === 0 ? end - at : said;
  if (packet.totalBytes < headerBytes) return false;
  const fragment = view.getUint16(at + 6);
  packet.version = 4;
  packet.headerAt = at;
  packet.srcAt = at + 12;
  packet.dstAt = at + 16;
  packet.addressBytes = 4;
  packet.protocol = view.getUint8(at + 9);
  packet.payloadAt = at + headerBytes;
  packet.payloadEnd = Math.min(end, at + packet.totalBytes);
  packet.fragmentAt = (fragment & 0x1fff) * 8;
  packet.moreFragments = (fragment & 0x2000) !== 0;
  packet.identification = view.getUint16(at + 4);
  return true;
};

/** IPv6 headers that another one follows; their second octet counts 8-octet units behind the first (RFC 8200 4). */
const extensionHeaders = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
} as const;
const otherExtensions = [
  extensionHeaders.hopByHop,
  extensionHeaders.routing,
  extensionHeaders.destination,
  135,
  139,
  140,
];

/** Walks the extension headers, each of at least 8 octets; where one is cut, the payload is empty. */
const skipExtensions = (packet: IpPacket, view: DataView): void => {
  const end = packet.payloadEnd;
  for (;;) {
    const { protocol, payloadAt: at } = packet;
    const isFragmentHeader = protocol === extensionHeaders.fragment;
    const isAuthentication = protocol === extensionHeaders.authentication;
    if (!isFragmentHeader && !isAuthentication && !otherExtensions.includes(protocol)) return;
    if (end - at < 8) {
      packet.payloadAt = end;
      return;
    }
    let headerBytes = 8;
    if (isFragmentHeader) {
      const field = view.getUint16(at + 2);
      packet.fragmentAt = field & 0xfff8;
      packet.moreFragments = (field & 1) !== 0;
      packet.identification = view.getUint32(at + 4);
    } else if (isAuthentication) headerBytes = (view.getUint8(at + 1) + 2) * 4;
    else headerBytes = (view.getUint8(at + 1) + 1) * 8;
    packet.protocol = view.getUint8(at);
    packet.payloadAt = Math.min(end, at + Math.max(8, headerBytes));
    // What follows in a later fragment is not a header but the middle of something.
    if (packet.fragmentAt > 0) return;
  }
};

const readIpv6 = (packet: IpPacket, view: DataView, at: number, end: number): boolean => {
  if (end - at < 40) return false;
  const said = view.getUint16(at + 4);
  // A payload length of 0 is a jumbogram (RFC 2675), or a packet that was still to be cut up.
  packet.totalBytes = said === 0 ? end - at : 40 + said;
  packet.version = 6;
  packet.headerAt = at;
  packet.srcAt = at + 8;
  packet.dstAt = at + 24;
  packet.addressBytes = 16;
  packet.protocol = view.getUint8(at + 6);
  packet.payloadAt = at + 40;
  packet.payloadEnd = Math.min(end, at + packet.totalBytes);
  packet.fragmentAt = 0;
  packet.moreFragments = false;
  packet.identification = 0;
  skipExtensions(packet, view);
  return true;
};

/** Fills `packet` from the IP header at `at`; `end` is where the captured octets end. False: there is no whole IP header. */
export const readIpPacket = (packet: IpPacket, view: DataView, at: number, end: number): boolean => {
  if (at < 0 || at >= end) return false;
  const version = view.getUint8(at) >> 4;
  if (version === 4) return readIpv4(packet, view, at, end);
  return version === 6 && readIpv6(packet, view, at, end);
};
