/** What is known of each flow, in typed arrays: a slot is a number. Arrays grow by doubling, up to a fixed number of flows. */

/**
 * Words of a slot in `words`. The Flow Key are the first twelve: both ends (the lower one first, so that both directions have
 * the same key), ports, protocol and form, VLANs, interface.
 */
export const slotWords = {
  lowAddress: 0,
  highAddress: 4,
  ports: 8,
  kind: 9,
  vlans: 10,
  interfaceIndex: 11,
  hash: 12,
  state: 13,
  previous: 14,
  next: 15,
} as const;
export const wordsPerSlot = 16;
export const keyWords = 12;

/** Numbers of a slot in `numbers`. Counters are since the last record. */
export const slotNumbers = {
  startMicros: 0,
  lastMicros: 1,
  recordMicros: 2,
  listedMicros: 3,
  packets: 4,
  octets: 5,
  reversePackets: 6,
  reverseOctets: 7,
} as const;
export const numbersPerSlot = 8;

/** Of the first packet, and smallest and largest: words in `details`, which few packets touch. */
export const slotDetails = {
  vlans: 0,
  interfaceIndex: 1,
  tos: 2,
  icmp: 3,
  icmpId: 4,
  lengths: 5,
  ttls: 6,
  flowId: 7,
} as const;
export const detailsPerSlot = 8;

/** Counters of the records before, in the order of those in `numbers`. */
export const earlierPerSlot = 4;

const firstSlots = 4096;
export const noSlot = -1;

export class FlowSlots {
  words: Int32Array;
  numbers: Float64Array;
  details: Int32Array;
  earlier: Float64Array;
  /** Slots in use. */
  size = 0;
  readonly #maxFlows: number;
  #capacity: number;
  /** Slots that were never used begin here; those given back are chained by their `next`. */
  #fresh = 0;
  #returned: number = noSlot;

  constructor(maxFlows: number) {
    this.#maxFlows = maxFlows;
    this.#capacity = Math.min(maxFlows, firstSlots);
    this.words = new Int32Array(this.#capacity * wordsPerSlot);
    this.numbers = new Float64Array(this.#capacity * numbersPerSlot);
    this.details = new Int32Array(this.#capacity * detailsPerSlot);
    this.earlier = new Float64Array(this.#capacity * earlierPerSlot);
  }

  get isFull(): boolean {
    return this.size >= this.#maxFlows;
  }

  /** A slot with whatever was in it before. Not to be asked of a full one. */
  take(): number {
    this.size++;
    const returned = this.#returned;
    if (returned !== noSlot) {
      this.#returned = this.words[returned * wordsPerSlot + slotWords.next] as number;
      return returned;
    }
    if (this.#fresh === this.#capacity) this.#grow();
    return this.#fresh++;
  }

  giveBack(slot: number): void {
    this.words[slot * wordsPerSlot + slotWords.next] = this.#returned;
    this.#returned = slot;
    this.size--;
  }

  #grow(): void {
    const capacity = Math.min(this.#maxFlows, 2 * this.#capacity);
    const words = new Int32Array(capacity * wordsPerSlot);
    words.set(this.words);
    this.words = words;
    const numbers = new Float64Array(capacity * numbersPerSlot);
    numbers.set(this.numbers);
    this.numbers = numbers;
    const details = new Int32Array(capacity * detailsPerSlot);
    details.set(this.details);
    this.details = details;
    const earlier = new Float64Array(capacity * earlierPerSlot);
    earlier.set(this.earlier);
    this.earlier = earlier;
    this.#capacity = capacity;
  }
}
