/** The flow-export datagrams of a capture: UDP payloads whose first two octets say NetFlow v5, v9 or IPFIX. */

import { CaptureError } from '../../shared/capture/capture-error.ts';
import { CaptureReader } from '../../shared/capture/capture-reader.ts';
import type { CapturedPacket } from '../../shared/capture/captured-packet.ts';
import { FragmentBuffer } from '../../shared/capture/fragment-buffer.ts';
import { type IpPacket, isFragment, makeIpPacket, readIpPacket } from '../../shared/capture/ip-packet.ts';
import { findIp, isKnownLinkType } from '../../shared/capture/link-layer.ts';
import { makeUdpPacket, readUdpPacket, udpProtocol } from '../../shared/capture/udp-packet.ts';
import { addressBytes } from '../../shared/wire/address.ts';

/** As the decoder takes it. One object is filled again and again; its octets are valid until the next one is asked for. */
export interface CapturedDatagram {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  end: number;
  /** Source address, 16 octets, IPv4 mapped. */
  address: Uint8Array;
  addressAt: number;
  exporterPort: number;
  localPort: number;
  receivedMicros: number;
}

/** What was in the capture beside flow-export datagrams, and what was wrong with it. */
export interface CaptureCounters {
  packets: number;
  /** Packets of interfaces whose link type is not known. */
  unknownLinkType: number;
  /** Datagrams of which the capture has a part only (snapshot length); they are decoded as far as they go. */
  cutDatagrams: number;
  /** IP packets of which fragments are missing. */
  incompletePackets: number;
}

const firstVersions: readonly number[] = [5, 9, 10];

export class CaptureDatagrams {
  readonly counters: CaptureCounters = {
    packets: 0,
    unknownLinkType: 0,
    cutDatagrams: 0,
    incompletePackets: 0,
  };
  readonly #octets: AsyncIterable<Uint8Array>;
  readonly #port: number | undefined;
  readonly #reader = new CaptureReader();
  readonly #ip = makeIpPacket();
  readonly #udp = makeUdpPacket();
  readonly #fragments = new FragmentBuffer();
  readonly #datagram: CapturedDatagram = {
    bytes: new Uint8Array(0),
    view: new DataView(new ArrayBuffer(0)),
    at: 0,
    end: 0,
    address: new Uint8Array(addressBytes),
    addressAt: 0,
    exporterPort: 0,
    localPort: 0,
    receivedMicros: 0,
  };

  /** `octets` of a pcap or pcapng file; with `port` only datagrams to this port are taken. */
  constructor(octets: AsyncIterable<Uint8Array>, port?: number) {
    this.#octets = octets;
    this.#port = port;
  }

  /** @throws CaptureError where the file is damaged, after the datagrams before that place. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CapturedDatagram> {
    const { counters } = this;
    let strangeLinkType: number | undefined;
    for await (const piece of this.#octets) {
      this.#reader.push(piece);
      for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) {
        counters.packets++;
        if (!isKnownLinkType(packet.linkType)) {
          counters.unknownLinkType++;
          strangeLinkType = packet.linkType;
        } else if (this.#readPacket(packet)) yield this.#datagram;
      }
    }
    counters.incompletePackets = this.#fragments.droppedPackets + this.#fragments.waitingPackets;
    this.#reader.end();
    if (counters.packets > 0 && counters.unknownLinkType === counters.packets) {
      throw new CaptureError(
        `packets of link type ${strangeLinkType} cannot be read: convert the capture to Ethernet`,
        20,
      );
    }
  }

  #readPacket(packet: CapturedPacket): boolean {
    const ip = this.#ip;
    const ipAt = findIp(packet.linkType, packet.view, packet.at, packet.end);
    if (!readIpPacket(ip, packet.view, ipAt, packet.end) || ip.protocol !== udpProtocol) return false;
    const datagram = this.#datagram;
    datagram.bytes = packet.bytes;
    datagram.view = packet.view;
    datagram.receivedMicros = packet.seconds * 1e6 + Math.floor(packet.nanos / 1e3);
    let { payloadAt, payloadEnd } = ip;
    if (isFragment(ip)) {
      const whole = this.#fragments.add(ip, packet.bytes, datagram.receivedMicros);
      if (!whole) return false;
      datagram.bytes = whole;
      datagram.view = new DataView(whole.buffer, whole.byteOffset, whole.length);
      payloadAt = 0;
      payloadEnd = whole.length;
    }
    return this.#readUdp(payloadAt, payloadEnd, ip, packet.bytes);
  }

  #readUdp(at: number, end: number, ip: IpPacket, headerBytes: Uint8Array): boolean {
    const datagram = this.#datagram;
    const udp = this.#udp;
    if (!readUdpPacket(udp, datagram.view, at, end)) return false;
    if (this.#port !== undefined && udp.dstPort !== this.#port) return false;
    if (udp.payloadEnd - udp.payloadAt < 2) return false;
    if (!firstVersions.includes(datagram.view.getUint16(udp.payloadAt))) return false;
    if (udp.isCut) this.counters.cutDatagrams++;
    datagram.at = udp.payloadAt;
    datagram.end = udp.payloadEnd;
    datagram.exporterPort = udp.srcPort;
    datagram.localPort = udp.dstPort;
    const { address } = datagram;
    if (ip.addressBytes === 4) {
      address.fill(0, 0, 10);
      address.fill(0xff, 10, 12);
    }
    address.set(headerBytes.subarray(ip.srcAt, ip.srcAt + ip.addressBytes), addressBytes - ip.addressBytes);
    return true;
  }
}
