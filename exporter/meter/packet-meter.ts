/** From the octets of a capture to flow records: reads packets, samples, dissects and counts them. */

import { CaptureError } from '../../shared/capture/capture-error.ts';
import { CaptureReader } from '../../shared/capture/capture-reader.ts';
import type { CapturedPacket } from '../../shared/capture/captured-packet.ts';
import { isKnownLinkType } from '../../shared/capture/link-layer.ts';
import { PacketDissector } from '../../shared/capture/packet-dissector.ts';
import { absent } from '../../shared/capture/packet-facts.ts';
import { fillPacketFields } from './fill-packet-fields.ts';
import { FlowCache } from './flow-cache.ts';
import type { FlowReceiver } from './flow-record.ts';
import { makePacketFields } from './packet-fields.ts';

export interface PacketMeterOptions {
  /** 0: no records of flows that go on. */
  readonly activeMicros: number;
  readonly idleMicros: number;
  readonly maxFlows: number;
  readonly keyVlan: boolean;
  readonly keyInterface: boolean;
  readonly details: boolean;
  /** One packet in so many is metered, by counting (RFC 5475 5.1); 1: each. */
  readonly samplingInterval: number;
  /** False: each direction is a flow of its own. */
  readonly biflow?: boolean;
  /** Of the interface that is captured from; a pcapng with several of them numbers them from 1. */
  readonly interfaceIndex?: number;
  /** Chosen by chance, so that nobody can find flows that slow down the others. */
  readonly hashSeed?: number;
}

/** All since the beginning. Each packet is in `ignoredPackets`, `sampledOut`, or a flow. */
export interface PacketCounters {
  /** Packets read, and octets that they had on the wire. */
  packets: number;
  octets: number;
  sampledOut: number;
  ignoredPackets: number;
  ignoredOctets: number;
  /** `ignoredPackets` by reason: no IP in the frame, an IP header that is cut or wrong, a link type that is not known. */
  notIp: number;
  badHeader: number;
  unknownLinkType: number;
  /** Metered, though not all of their octets were captured. */
  cutPackets: number;
  fragmentsWithoutPorts: number;
  /** Flows that began; their records; flows ended for want of room. */
  flows: number;
  records: number;
  evicted: number;
}

/** LINKTYPE_LINUX_SLL2 says in its second word from which interface the packet is. */
const linuxSll2 = 276;

export class PacketMeter {
  readonly #options: PacketMeterOptions;
  readonly #reader = new CaptureReader();
  readonly #dissector = new PacketDissector();
  readonly #cache: FlowCache;
  readonly #fields = makePacketFields();
  readonly #own = {
    packets: 0,
    octets: 0,
    sampledOut: 0,
    ignoredPackets: 0,
    ignoredOctets: 0,
    notIp: 0,
    badHeader: 0,
    unknownLinkType: 0,
    cutPackets: 0,
  };
  #untilSample = 0;
  #unknown: CaptureError | undefined;

  constructor(options: PacketMeterOptions, receive: FlowReceiver) {
    this.#options = options;
    const { biflow = true, hashSeed = 0 } = options;
    this.#cache = new FlowCache({ ...options, biflow, hashSeed }, receive);
  }

  /**
   * Meters all packets of the octets pushed, which must not change before the next `push` is done.
   * @throws CaptureError when this is no capture, or a damaged one; what was read before is metered.
   */
  push(octets: Uint8Array): void {
    this.#reader.push(octets);
    for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next())
      this.#meter(packet);
  }

  /** The capture is over; flows stay until `finish`. @throws CaptureError when it is cut off, or had packets nobody can read. */
  end(): void {
    this.#reader.end();
    if (this.#unknown) throw this.#unknown;
  }

  /** Ends flows that are over at this time, at most so many; true: there may be more. */
  expire(nowMicros: number, atMost: number): boolean {
    return this.#cache.expire(nowMicros, atMost);
  }

  /** Ends flows whatever their state, at most so many; true: there are more. */
  finish(atMost: number): boolean {
    return this.#cache.finish(atMost);
  }

  /** Time of the capture; 0 before the first packet. */
  get captureMicros(): number {
    return Math.max(0, this.#cache.clockMicros);
  }

  /** As they are now. */
  get counters(): PacketCounters {
    const { fragmentsWithoutPorts } = this.#dissector;
    return { ...this.#own, fragmentsWithoutPorts, ...this.#cache.counters };
  }

  /** Names of the interfaces in a pcapng, the first of them with index 1; empty in classic pcap. */
  get interfaceNames(): readonly string[] {
    return this.#reader.interfaceNames;
  }

  #meter(packet: CapturedPacket): void {
    const own = this.#own;
    own.packets++;
    own.octets += packet.originalBytes;
    if (this.#untilSample > 0) {
      this.#untilSample--;
      own.sampledOut++;
      return;
    }
    this.#untilSample = this.#options.samplingInterval - 1;
    const facts = this.#dissector.dissect(packet);
    if (facts.family === absent) {
      this.#ignore(packet, facts.ipAt !== absent);
      return;
    }
    const fields = this.#fields;
    fillPacketFields(fields, facts);
    fields.interfaceIndex = this.#interfaceOf(packet);
    if (packet.originalBytes > packet.end - packet.at) own.cutPackets++;
    this.#cache.add(fields);
  }

  #interfaceOf({ linkType, view, at, interfaceId }: CapturedPacket): number {
    if (linkType === linuxSll2) return view.getInt32(at + 4);
    return this.#options.interfaceIndex ?? (this.#reader.hasInterfaces ? interfaceId + 1 : 0);
  }

  #ignore(packet: CapturedPacket, isIp: boolean): void {
    const own = this.#own;
    own.ignoredPackets++;
    own.ignoredOctets += packet.originalBytes;
    if (isIp) own.badHeader++;
    else if (isKnownLinkType(packet.linkType)) own.notIp++;
    else {
      own.unknownLinkType++;
      this.#unknown ??= new CaptureError(
        `packets of link type ${packet.linkType}, which is not known here`,
        this.#reader.offset,
      );
      // A capture that begins so has nothing for us; one with several interfaces may.
      if (own.packets === 1) throw this.#unknown;
    }
  }
}
