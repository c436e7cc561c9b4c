/**
 * Who was seen in a window: sets of members of four words, for many windows at a time, in one table. Members stay for one to two
 * times `lifeMicros`: those that came in one such time are forgotten together, when the next is over.
 */

import { hashWords } from './hash-words.ts';

export interface WindowMembersOptions {
  readonly lifeMicros: number;
  /** Of each of the two generations; beyond, none is added until the next one begins. */
  readonly maxMembers: number;
  readonly hashSeed: number;
}

/** The window, then the member. */
const wordsPerMember = 5;
const firstMembers = 512;

/** Open addressing with linear probing, at most half full. */
class Generation {
  size = 0;
  readonly #maxMembers: number;
  readonly #hashSeed: number;
  #members: Int32Array;
  /** A member's place in `#members` plus one; 0 is free. */
  #places: Int32Array;

  constructor(maxMembers: number, hashSeed: number) {
    this.#maxMembers = maxMembers;
    this.#hashSeed = hashSeed;
    const members = Math.min(firstMembers, maxMembers);
    this.#members = new Int32Array(members * wordsPerMember);
    this.#places = new Int32Array(4 * firstMembers);
  }

  get isFull(): boolean {
    return this.size >= this.#maxMembers;
  }

  has(member: Int32Array): boolean {
    const members = this.#members;
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = this.#hash(member, 0) & mask; ; place = (place + 1) & mask) {
      const entry = places[place] as number;
      if (entry === 0) return false;
      const at = (entry - 1) * wordsPerMember;
      let word = 0;
      while (word < wordsPerMember && members[at + word] === member[word]) word++;
      if (word === wordsPerMember) return true;
    }
  }

  /** Adds one that is not there, to a generation that is not full. */
  add(member: Int32Array): void {
    const at = this.size * wordsPerMember;
    if (at === this.#members.length) this.#growMembers();
    this.#members.set(member, at);
    this.size++;
    if (2 * this.size > this.#places.length) this.#growPlaces();
    else this.#put(this.size);
  }

  clear(): void {
    this.size = 0;
    this.#places.fill(0);
  }

  #hash(words: Int32Array, at: number): number {
    const [window, a, b] = [words[at] as number, words[at + 1] as number, words[at + 2] as number];
    return hashWords(
      hashWords(this.#hashSeed, window, a, b),
      words[at + 3] as number,
      words[at + 4] as number,
      0,
    );
  }

  #put(entry: number): void {
    const mask = this.#places.length - 1;
    let place = this.#hash(this.#members, (entry - 1) * wordsPerMember) & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = entry;
  }

  #growMembers(): void {
    const members = new Int32Array(Math.min(2 * this.#members.length, this.#maxMembers * wordsPerMember));
    members.set(this.#members);
    this.#members = members;
  }

  #growPlaces(): void {
    this.#places = new Int32Array(2 * this.#places.length);
    for (let entry = 1; entry <= this.size; entry++) this.#put(entry);
  }
}

export class WindowMembers {
  readonly #lifeMicros: number;
  readonly #member = new Int32Array(wordsPerMember);
  #current: Generation;
  #previous: Generation;
  #beganMicros = Number.NEGATIVE_INFINITY;

  constructor({ lifeMicros, maxMembers, hashSeed }: WindowMembersOptions) {
    this.#lifeMicros = lifeMicros;
    this.#current = new Generation(maxMembers, hashSeed);
    this.#previous = new Generation(maxMembers, hashSeed);
  }

  /** To be called before members are looked for at this time. */
  advance(nowMicros: number): void {
    if (Math.abs(nowMicros - this.#beganMicros) < this.#lifeMicros) return;
    this.#beganMicros = nowMicros;
    const oldest = this.#previous;
    this.#previous = this.#current;
    this.#current = oldest;
    oldest.clear();
  }

  has(window: number, a: number, b: number, c: number, d: number): boolean {
    const member = this.#member;
    member[0] = window;
    member[1] = a;
    member[2] = b;
    member[3] = c;
    member[4] = d;
    return this.#current.has(member) || this.#previous.has(member);
  }

  /** False: it was there already, or there is no room. */
  add(window: number, a: number, b: number, c: number, d: number): boolean {
    if (this.has(window, a, b, c, d) || this.#current.isFull) return false;
    this.#current.add(this.#member);
    return true;
  }
}
