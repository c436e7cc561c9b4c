/**
 * Puts flows together that differ in the client's port only, or also in the last bits of their addresses (RFC 7015, spatial
 * aggregation). A group has a window of its own, which begins with its first record, so that groups do not all end at once. The
 * counters of a record go to the window in which it comes, which for most is that of its end (RFC 7015 5.1).
 *
 * Translated flows stay as they are: who had an address is answered by the port. So do ICMP, events, and NAT events.
 */

import { readAddressWord, writeAddressWords } from './address-words.ts';
import type { AggregateSpec } from './aggregate-spec.ts';
import { FlowIndex } from './flow-index.ts';
import { hashFlowKey } from './flow-key.ts';
import { FlowOrder } from './flow-order.ts';
import { type FlowReceiver, type FlowRecord, flowEndReasons, makeFlowRecord } from './flow-record.ts';
import {
  detailsPerSlot,
  earlierPerSlot,
  FlowSlots,
  keyWords,
  noSlot,
  numbersPerSlot,
  slotNumbers,
  slotWords,
  wordsPerSlot,
} from './flow-slots.ts';
import { groupBits, makeGroupKeyWriter } from './group-key.ts';
import { isIcmp } from './is-icmp.ts';
import { WindowMembers } from './window-members.ts';

export interface AggregatorOptions extends AggregateSpec {
  /** Chosen by chance, so that nobody can find keys that collide. */
  readonly hashSeed?: number;
}

/** A group's place for what other flows keep in `earlier`: numbers of flows. */
const groupFlows = { present: 0, initiated: 1, completed: 2 } as const;
/** A group's place for what other flows keep in `details`. */
const groupDetails = { window: 0, sources: 1, destinations: 2 } as const;

/** Windows that end with one record. One record begins one at most, so the others are caught up with. */
const expireWithRecord = 16;
/** Flows of which more records are to come; one that is not kept in mind counts once with each of its records. */
const maxLastingFlows = 262_144;
/** Addresses on one side of one window, and of all: beyond, the number of distinct addresses stays too low. */
const maxDistinct = 4096;
const maxAddresses = 131_072;

/** originalFlowsInitiated (RFC 7015 7.2.2): the first packet is in a record that tells all since the flow began. */
const hasFirstPacket = (record: FlowRecord): boolean =>
  record.packets === record.totalPackets && record.reversePackets === record.reverseTotalPackets;

export class FlowAggregator {
  readonly counters = { aggregates: 0, evicted: 0 };
  readonly #options: AggregatorOptions;
  readonly #hashSeed: number;
  readonly #receive: FlowReceiver;
  readonly #record = makeFlowRecord();
  readonly #key = new Int32Array(keyWords);
  readonly #slots: FlowSlots;
  readonly #index: FlowIndex;
  readonly #order: FlowOrder;
  readonly #writeKey: (key: Int32Array, record: FlowRecord) => void;
  readonly #lastingFlows: WindowMembers;
  readonly #sources: WindowMembers;
  readonly #destinations: WindowMembers;
  #windows = 0;
  #clockMicros = Number.NEGATIVE_INFINITY;

  constructor(options: AggregatorOptions, receive: FlowReceiver) {
    const { hashSeed = 0, windowMicros: lifeMicros } = options;
    this.#options = options;
    this.#hashSeed = hashSeed;
    this.#receive = receive;
    this.#record.form = 'aggregate';
    this.#slots = new FlowSlots(options.maxGroups);
    this.#index = new FlowIndex(this.#slots);
    this.#order = new FlowOrder(this.#slots);
    this.#writeKey = makeGroupKeyWriter(options);
    this.#lastingFlows = new WindowMembers({ lifeMicros, maxMembers: maxLastingFlows, hashSeed });
    this.#sources = new WindowMembers({ lifeMicros, maxMembers: maxAddresses, hashSeed });
    this.#destinations = new WindowMembers({ lifeMicros, maxMembers: maxAddresses, hashSeed });
  }

  /** Groups whose window is open. */
  get size(): number {
    return this.#slots.size;
  }

  /** Takes the record into its group, or hands it on as it is. The clock goes forward to the end of the flow. */
  add(record: FlowRecord): void {
    if (record.form !== 'flow' || record.isTranslated || isIcmp(record.protocol)) {
      this.#receive(record);
      return;
    }
    if (record.endMicros > this.#clockMicros) this.#clockMicros = record.endMicros;
    this.#expireDue(expireWithRecord);
    this.#writeKey(this.#key, record);
    const hash = hashFlowKey(this.#key, this.#hashSeed);
    let slot = this.#index.find(this.#key, hash);
    if (slot !== noSlot && this.#isOver(slot)) {
      this.#emit(slot);
      slot = noSlot;
    }
    if (slot === noSlot) slot = this.#begin(hash);
    this.#sum(slot, record);
    this.#countFlow(slot, record);
    this.#countAddresses(slot, record);
  }

  /**
   * Ends windows that are over at this time, at most so many; true: there may be more. The time may be before that of the last
   * call: a capture begins again.
   */
  expire(nowMicros: number, atMost = Number.POSITIVE_INFINITY): boolean {
    this.#clockMicros = nowMicros;
    return this.#expireDue(atMost);
  }

  /** Ends windows, at most so many; true: there are more. */
  finish(atMost = Number.POSITIVE_INFINITY): boolean {
    for (let left = atMost; left > 0 && this.size > 0; left--) this.#emit(this.#order.first);
    return this.size > 0;
  }

  #expireDue(atMost: number): boolean {
    for (let left = atMost; left > 0; left--) {
      const slot = this.#order.first;
      if (slot === noSlot || !this.#isOver(slot)) return false;
      this.#emit(slot);
    }
    return true;
  }

  #isOver(slot: number): boolean {
    const beganMicros = this.#slots.numbers[slot * numbersPerSlot + slotNumbers.recordMicros] as number;
    return Math.abs(this.#clockMicros - beganMicros) >= this.#options.windowMicros;
  }

  #begin(hash: number): number {
    const slots = this.#slots;
    if (slots.isFull) {
      this.counters.evicted++;
      this.#emit(this.#order.first);
    }
    const slot = slots.take();
    const { words, numbers, details, earlier } = slots;
    words.set(this.#key, slot * wordsPerSlot);
    words[slot * wordsPerSlot + slotWords.hash] = hash;
    const at = slot * numbersPerSlot;
    numbers.fill(0, at, at + numbersPerSlot);
    numbers[at + slotNumbers.startMicros] = Number.POSITIVE_INFINITY;
    numbers[at + slotNumbers.recordMicros] = this.#clockMicros;
    earlier.fill(0, slot * earlierPerSlot, (slot + 1) * earlierPerSlot);
    details.fill(0, slot * detailsPerSlot, (slot + 1) * detailsPerSlot);
    details[slot * detailsPerSlot + groupDetails.window] = this.#windows++;
    this.#index.add(slot);
    this.#order.append(slot);
    return slot;
  }

  #sum(slot: number, record: FlowRecord): void {
    const { numbers } = this.#slots;
    const at = slot * numbersPerSlot;
    const start = at + slotNumbers.startMicros;
    const last = at + slotNumbers.lastMicros;
    numbers[start] = Math.min(numbers[start] as number, record.startMicros || record.endMicros);
    numbers[last] = Math.max(numbers[last] as number, record.endMicros);
    const packets = at + slotNumbers.packets;
    const octets = at + slotNumbers.octets;
    const reversePackets = at + slotNumbers.reversePackets;
    const reverseOctets = at + slotNumbers.reverseOctets;
    numbers[packets] = (numbers[packets] as number) + record.packets;
    numbers[octets] = (numbers[octets] as number) + record.octets;
    numbers[reversePackets] = (numbers[reversePackets] as number) + record.reversePackets;
    numbers[reverseOctets] = (numbers[reverseOctets] as number) + record.reverseOctets;
  }

  #countFlow(slot: number, record: FlowRecord): void {
    const { earlier } = this.#slots;
    const at = slot * earlierPerSlot;
    const isFirst = hasFirstPacket(record);
    const isLast = record.endReason !== flowEndReasons.active;
    if (isFirst) earlier[at + groupFlows.initiated] = (earlier[at + groupFlows.initiated] as number) + 1;
    if (isLast) earlier[at + groupFlows.completed] = (earlier[at + groupFlows.completed] as number) + 1;
    // Most flows have one record only, and need not be kept in mind.
    if (!(isFirst && isLast)) {
      const window = this.#slots.details[slot * detailsPerSlot + groupDetails.window] as number;
      const { flowIdHigh, flowIdLow } = record;
      this.#lastingFlows.advance(this.#clockMicros);
      if (this.#lastingFlows.has(window, flowIdHigh, flowIdLow, 0, 0)) return;
      if (!isLast) this.#lastingFlows.add(window, flowIdHigh, flowIdLow, 0, 0);
    }
    earlier[at + groupFlows.present] = (earlier[at + groupFlows.present] as number) + 1;
  }

  #countAddresses(slot: number, { family, srcAddress, dstAddress }: FlowRecord): void {
    const { srcPrefix4, srcPrefix6, dstPrefix4, dstPrefix6 } = this.#options;
    if (family === 4 ? srcPrefix4 < 32 : srcPrefix6 < 128)
      this.#countDistinct(slot, groupDetails.sources, this.#sources, srcAddress);
    if (family === 4 ? dstPrefix4 < 32 : dstPrefix6 < 128)
      this.#countDistinct(slot, groupDetails.destinations, this.#destinations, dstAddress);
  }

  #countDistinct(slot: number, detail: number, members: WindowMembers, address: Uint8Array): void {
    const { details } = this.#slots;
    const at = slot * detailsPerSlot;
    const count = details[at + detail] as number;
    if (count >= maxDistinct) return;
    members.advance(this.#clockMicros);
    const window = details[at + groupDetails.window] as number;
    if (
      members.add(
        window,
        readAddressWord(address, 0),
        readAddressWord(address, 1),
        readAddressWord(address, 2),
        readAddressWord(address, 3),
      )
    )
      details[at + detail] = count + 1;
  }

  #emit(slot: number): void {
    this.#writeEnds(slot);
    this.#writeCounts(slot);
    this.#index.remove(slot);
    this.#order.remove(slot);
    this.#slots.giveBack(slot);
    this.counters.aggregates++;
    this.#receive(this.#record);
  }

  #writeEnds(slot: number): void {
    const { words } = this.#slots;
    const at = slot * wordsPerSlot;
    const record = this.#record;
    const kind = words[at + slotWords.kind] as number;
    const isIpv6 = (kind & groupBits.ipv6) !== 0;
    const options = this.#options;
    record.family = isIpv6 ? 6 : 4;
    record.protocol = kind & 0xff;
    record.hasCounters = (kind & groupBits.counted) !== 0;
    record.source = kind & groupBits.ofPackets ? 'packets' : 'conntrack';
    record.srcPrefixLength = isIpv6 ? options.srcPrefix6 : options.srcPrefix4;
    record.dstPrefixLength = isIpv6 ? options.dstPrefix6 : options.dstPrefix4;
    writeAddressWords(record.srcAddress, words, at + slotWords.lowAddress);
    writeAddressWords(record.dstAddress, words, at + slotWords.highAddress);
    record.dstPort = words[at + slotWords.ports] as number;
    record.zone = words[at + slotWords.vlans] as number;
  }

  #writeCounts(slot: number): void {
    const { numbers, earlier, details } = this.#slots;
    const record = this.#record;
    const at = slot * numbersPerSlot;
    record.startMicros = numbers[at + slotNumbers.startMicros] as number;
    record.endMicros = numbers[at + slotNumbers.lastMicros] as number;
    // An Aggregated Flow begins with its window.
    record.packets = record.totalPackets = numbers[at + slotNumbers.packets] as number;
    record.octets = record.totalOctets = numbers[at + slotNumbers.octets] as number;
    record.reversePackets = record.reverseTotalPackets = numbers[at + slotNumbers.reversePackets] as number;
    record.reverseOctets = record.reverseTotalOctets = numbers[at + slotNumbers.reverseOctets] as number;
    record.flowsPresent = earlier[slot * earlierPerSlot + groupFlows.present] as number;
    record.flowsInitiated = earlier[slot * earlierPerSlot + groupFlows.initiated] as number;
    record.flowsCompleted = earlier[slot * earlierPerSlot + groupFlows.completed] as number;
    // A whole address is one.
    record.distinctSources = details[slot * detailsPerSlot + groupDetails.sources] || 1;
    record.distinctDestinations = details[slot * detailsPerSlot + groupDetails.destinations] || 1;
  }
}
