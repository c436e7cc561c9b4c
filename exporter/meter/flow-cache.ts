/**
 * Puts packets together to flows (RFC 7011 2, Metering Process; RFC 5103 biflows). A flow ends when
 *
 * - nothing came for the idle timeout. A packet that comes later begins another flow, however late the ending is noticed.
 * - TCP ended it: RST, or FIN of both sides and then an ACK. It lingers for `lingerMicros`, so that what is sent again is no
 *   flow of its own, unless a SYN begins another connection.
 * - there is no room: the one without packets for longest goes.
 *
 * A flow that lasts for the active timeout gets a record, and goes on. This is looked at when a packet of it comes: without
 * one, the idle timeout is near.
 */

import { FlowIndex } from './flow-index.ts';
import { type FlowKeyOptions, hashFlowKey, icmpQueryType, kindBits, writeFlowKey } from './flow-key.ts';
import { FlowOrder } from './flow-order.ts';
import { type FlowReceiver, flowEndReasons, makeFlowRecord } from './flow-record.ts';
import {
  detailsPerSlot,
  earlierPerSlot,
  FlowSlots,
  keyWords,
  noSlot,
  numbersPerSlot,
  slotDetails,
  slotNumbers,
  slotWords,
  wordsPerSlot,
} from './flow-slots.ts';
import { isIcmp } from './is-icmp.ts';
import type { PacketFields } from './packet-fields.ts';
import { stateBits, writeFlowRecord } from './write-flow-record.ts';

export interface FlowCacheOptions extends FlowKeyOptions {
  /** 0: no records of flows that go on. */
  readonly activeMicros: number;
  readonly idleMicros: number;
  /** Flows kept at a time, at least 1. */
  readonly maxFlows: number;
  /** Smallest and largest length and TTL. */
  readonly details: boolean;
  /** Chosen by chance, so that nobody can find keys that collide. */
  readonly hashSeed: number;
}

const tcp = 6;
const tcpFlags = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;
const bothFin = tcpFlags.fin | (tcpFlags.fin << stateBits.reverseFlagsShift);
const lingerMicros = 2e6;
/** The order of idle flows is kept to this part of the idle timeout: a busy flow need not be moved with each packet. */
const orderParts = 64;
/** Flows that end with one packet. One packet begins one flow at most, so the others are caught up with. */
const expireWithPacket = 16;

export class FlowCache {
  readonly counters = { flows: 0, records: 0, evicted: 0 };
  /** Time of the packets: the latest, until they are an idle timeout behind it. */
  clockMicros = Number.NEGATIVE_INFINITY;
  readonly #options: FlowCacheOptions;
  readonly #receive: FlowReceiver;
  readonly #record = makeFlowRecord();
  readonly #key = new Int32Array(keyWords);
  readonly #slots: FlowSlots;
  readonly #index: FlowIndex;
  readonly #lasting: FlowOrder;
  readonly #ended: FlowOrder;
  readonly #orderMicros: number;
  #expireAtMicros = Number.NEGATIVE_INFINITY;

  constructor(options: FlowCacheOptions, receive: FlowReceiver) {
    this.#options = options;
    this.#receive = receive;
    this.#slots = new FlowSlots(options.maxFlows);
    this.#index = new FlowIndex(this.#slots);
    this.#lasting = new FlowOrder(this.#slots);
    this.#ended = new FlowOrder(this.#slots);
    this.#orderMicros = options.idleMicros / orderParts;
  }

  get size(): number {
    return this.#slots.size;
  }

  add(packet: PacketFields): void {
    const { micros } = packet;
    this.#setClock(micros);
    if (this.clockMicros >= this.#expireAtMicros) {
      const more = this.#expireDue(expireWithPacket);
      this.#expireAtMicros = more ? this.clockMicros : this.clockMicros + this.#orderMicros;
    }
    const fromHigh = writeFlowKey(this.#key, packet, this.#options);
    const hash = hashFlowKey(this.#key, this.#options.hashSeed);
    let slot = this.#index.find(this.#key, hash);
    if (slot !== noSlot && this.#isOver(slot, packet)) {
      this.#end(slot, flowEndReasons.idle);
      slot = noSlot;
    }
    if (slot === noSlot) slot = this.#begin(packet, hash, fromHigh);
    else this.#tellActive(slot, micros);
    this.#count(slot, packet, fromHigh);
  }

  /** Ends flows that are over at this time, at most so many; true: there may be more. */
  expire(nowMicros: number, atMost: number): boolean {
    this.#setClock(nowMicros);
    return this.#expireDue(atMost);
  }

  /** Ends flows whatever their state, at most so many; true: there are more. */
  finish(atMost: number): boolean {
    for (let left = atMost; left > 0 && this.size > 0; left--) {
      const slot = this.#ended.first === noSlot ? this.#lasting.first : this.#ended.first;
      this.#end(slot, flowEndReasons.forced);
    }
    return this.size > 0;
  }

  /** Packets that are a little late leave the clock alone; a capture that begins again earlier sets it back. */
  #setClock(micros: number): void {
    if (micros > this.clockMicros) this.clockMicros = micros;
    else if (this.clockMicros - micros > this.#options.idleMicros) {
      this.clockMicros = micros;
      this.#expireAtMicros = micros;
    }
  }

  /** Time between a flow's last packet and `micros`, in whichever direction the clock went. */
  #pause(slot: number, micros: number): number {
    return Math.abs(micros - (this.#slots.numbers[slot * numbersPerSlot + slotNumbers.lastMicros] as number));
  }

  #expireDue(atMost: number): boolean {
    const clock = this.clockMicros;
    const { idleMicros } = this.#options;
    for (let left = atMost; left > 0; left--) {
      const ended = this.#ended.first;
      const lasting = this.#lasting.first;
      if (ended !== noSlot && this.#pause(ended, clock) >= lingerMicros) this.#end(ended, flowEndReasons.end);
      else if (lasting !== noSlot && this.#pause(lasting, clock) >= idleMicros)
        this.#end(lasting, flowEndReasons.idle);
      else return false;
    }
    return true;
  }

  #isEnded(slot: number): boolean {
    const state = this.#slots.words[slot * wordsPerSlot + slotWords.state] as number;
    return (state & stateBits.ended) !== 0;
  }

  /** Whether the packet belongs to another flow with the same key. */
  #isOver(slot: number, packet: PacketFields): boolean {
    const pause = this.#pause(slot, packet.micros);
    if (!this.#isEnded(slot)) return pause >= this.#options.idleMicros;
    return pause >= lingerMicros || (packet.tcpFlags & tcpFlags.syn) !== 0;
  }

  #begin(packet: PacketFields, hash: number, fromHigh: boolean): number {
    const slots = this.#slots;
    if (slots.isFull) this.#evict();
    const slot = slots.take();
    const { words, numbers, details } = slots;
    const at = slot * wordsPerSlot;
    for (let i = 0; i < keyWords; i++) words[at + i] = this.#key[i] as number;
    words[at + slotWords.hash] = hash;
    words[at + slotWords.state] = fromHigh === this.#isAnswer(packet) ? 0 : stateBits.startedFromHigh;
    const n = slot * numbersPerSlot;
    numbers.fill(0, n, n + numbersPerSlot);
    numbers[n + slotNumbers.startMicros] = packet.micros;
    numbers[n + slotNumbers.lastMicros] = packet.micros;
    numbers[n + slotNumbers.recordMicros] = packet.micros;
    numbers[n + slotNumbers.listedMicros] = this.clockMicros;
    slots.earlier.fill(0, slot * earlierPerSlot, (slot + 1) * earlierPerSlot);
    const d = slot * detailsPerSlot;
    const query = isIcmp(packet.protocol) ? icmpQueryType(packet.protocol, packet.icmpType) : -1;
    const isBiflow = ((this.#key[slotWords.kind] as number) & kindBits.oneWay) === 0;
    const type = isBiflow && query >= 0 ? query : packet.icmpType;
    details[d + slotDetails.vlans] = packet.vlan | (packet.innerVlan << 12);
    details[d + slotDetails.interfaceIndex] = packet.interfaceIndex;
    details[d + slotDetails.tos] = packet.tos;
    details[d + slotDetails.icmp] = (type << 8) | packet.icmpCode;
    details[d + slotDetails.icmpId] = packet.icmpId;
    details[d + slotDetails.lengths] = 0xffff0000;
    details[d + slotDetails.ttls] = 0xff00;
    details[d + slotDetails.flowId] = ++this.counters.flows;
    this.#index.add(slot);
    this.#lasting.append(slot);
    return slot;
  }

  /** The flow began the other way, before the capture: with SYN, or with the query that this packet answers. */
  #isAnswer(packet: PacketFields): boolean {
    if (((this.#key[slotWords.kind] as number) & kindBits.oneWay) !== 0) return false;
    if (packet.protocol === tcp) {
      const handshake = packet.tcpFlags & (tcpFlags.syn | tcpFlags.ack);
      return handshake === (tcpFlags.syn | tcpFlags.ack);
    }
    return isIcmp(packet.protocol) && icmpQueryType(packet.protocol, packet.icmpType) !== packet.icmpType;
  }

  #tellActive(slot: number, micros: number): void {
    const { activeMicros } = this.#options;
    const { numbers, earlier } = this.#slots;
    const at = slot * numbersPerSlot;
    if (activeMicros === 0 || micros - (numbers[at + slotNumbers.recordMicros] as number) < activeMicros)
      return;
    this.#send(slot, flowEndReasons.active);
    numbers[at + slotNumbers.recordMicros] = micros;
    for (let i = 0; i < earlierPerSlot; i++) {
      const counter = at + slotNumbers.packets + i;
      earlier[slot * earlierPerSlot + i] =
        (earlier[slot * earlierPerSlot + i] as number) + (numbers[counter] as number);
      numbers[counter] = 0;
    }
  }

  #count(slot: number, packet: PacketFields, fromHigh: boolean): void {
    const { words, numbers } = this.#slots;
    const { micros } = packet;
    const at = slot * numbersPerSlot;
    const stateAt = slot * wordsPerSlot + slotWords.state;
    const state = words[stateAt] as number;
    const isForward = ((state & stateBits.startedFromHigh) !== 0) === fromHigh;
    const counter = at + (isForward ? slotNumbers.packets : slotNumbers.reversePackets);
    numbers[counter] = (numbers[counter] as number) + 1;
    numbers[counter + 1] = (numbers[counter + 1] as number) + packet.octets;
    if (micros > (numbers[at + slotNumbers.lastMicros] as number))
      numbers[at + slotNumbers.lastMicros] = micros;
    else if (micros < (numbers[at + slotNumbers.startMicros] as number))
      numbers[at + slotNumbers.startMicros] = micros;
    if (packet.protocol === tcp) {
      const flags = isForward ? packet.tcpFlags : packet.tcpFlags << stateBits.reverseFlagsShift;
      words[stateAt] = state | flags;
      if ((state & stateBits.ended) === 0 && this.#ends(state, packet.tcpFlags, slot)) this.#linger(slot);
    }
    if (this.clockMicros - (numbers[at + slotNumbers.listedMicros] as number) >= this.#orderMicros) {
      const order = this.#isEnded(slot) ? this.#ended : this.#lasting;
      order.remove(slot);
      order.append(slot);
      numbers[at + slotNumbers.listedMicros] = this.clockMicros;
    }
    if (this.#options.details) this.#countDetails(slot, packet);
  }

  /** `state` is the one before the packet. */
  #ends(state: number, flags: number, slot: number): boolean {
    if ((flags & tcpFlags.rst) !== 0) return true;
    const kind = this.#slots.words[slot * wordsPerSlot + slotWords.kind] as number;
    if ((kind & kindBits.oneWay) !== 0) return (flags & tcpFlags.fin) !== 0;
    return (state & bothFin) === bothFin && (flags & tcpFlags.ack) !== 0;
  }

  #linger(slot: number): void {
    const { words } = this.#slots;
    const stateAt = slot * wordsPerSlot + slotWords.state;
    words[stateAt] = (words[stateAt] as number) | stateBits.ended;
    this.#lasting.remove(slot);
    this.#ended.append(slot);
  }

  #countDetails(slot: number, { octets, ttl }: PacketFields): void {
    const { details } = this.#slots;
    const at = slot * detailsPerSlot;
    const lengths = details[at + slotDetails.lengths] as number;
    const ttls = details[at + slotDetails.ttls] as number;
    const length = Math.min(octets, 0xffff);
    details[at + slotDetails.lengths] =
      (Math.min(lengths >>> 16, length) << 16) | Math.max(lengths & 0xffff, length);
    details[at + slotDetails.ttls] = (Math.min(ttls >>> 8, ttl) << 8) | Math.max(ttls & 0xff, ttl);
  }

  #evict(): void {
    if (this.#ended.first !== noSlot) {
      this.#end(this.#ended.first, flowEndReasons.end);
      return;
    }
    this.counters.evicted++;
    this.#end(this.#lasting.first, flowEndReasons.resources);
  }

  #send(slot: number, endReason: number): void {
    writeFlowRecord(this.#record, this.#slots, slot, endReason, this.#options.details);
    this.counters.records++;
    this.#receive(this.#record);
  }

  /** Sends the record and forgets the flow. One that TCP ended has ended so, whatever made us look. */
  #end(slot: number, endReason: number): void {
    const isEnded = this.#isEnded(slot);
    this.#send(slot, isEnded ? flowEndReasons.end : endReason);
    (isEnded ? this.#ended : this.#lasting).remove(slot);
    this.#index.remove(slot);
    this.#slots.giveBack(slot);
  }
}
