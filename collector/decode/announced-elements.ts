/**
 * Elements that an exporter announced (RFC 5610) in one Observation Domain: what the numbers of enterprises mean that the registry does
 * not have. Bounded: what comes when it is full is not taken, nor what changes again and again, since each change has Templates compiled anew.
 */

import type { AbstractType } from '../../shared/elements/abstract-types.ts';

export interface AnnouncedElement {
  readonly pen: number;
  readonly id: number;
  /** Undefined where the type is none that we know, or was not said. */
  readonly dataType: AbstractType | undefined;
  /** Only letters, digits, `_` and `-`; empty: its number is its name. */
  readonly name: string;
}

/** What an element of an enterprise was announced to be; undefined: nobody said. */
export type FindAnnounced = (pen: number, id: number) => AnnouncedElement | undefined;

const keyOf = (pen: number, id: number): number => pen * 65536 + id;

/** The hour of receipt that changes are counted in, since 1970, and how many there were. */
export type ElementChanges = readonly [hour: number, changes: number];

const hourMicros = 3600e6;

export class AnnouncedElements {
  readonly #limit: number;
  readonly #changesAnHour: number;
  #hour = 0;
  #changes = 0;
  /** In the order in which they got their names. */
  readonly #elements = new Map<number, AnnouncedElement>();
  /** Keys of those that were announced under the same name of an enterprise, in that order: the first one has it. */
  readonly #byName = new Map<string, number[]>();

  constructor(limit: number, changesAnHour: number) {
    this.#limit = limit;
    this.#changesAnHour = changesAnHour;
  }

  get size(): number {
    return this.#elements.size;
  }

  /** A later announcement of an element replaces the earlier one. `micros`: time of receipt. */
  announce(element: AnnouncedElement, micros: number): 'same' | 'new' | 'changed' | 'refused' {
    const { pen, id, dataType, name } = element;
    const key = keyOf(pen, id);
    const known = this.#elements.get(key);
    if (known?.name === name) {
      if (known.dataType === dataType) return 'same';
      if (!this.#takeChange(micros)) return 'refused';
      this.#elements.set(key, element);
      return 'changed';
    }
    if (known ? !this.#takeChange(micros) : this.#elements.size >= this.#limit) return 'refused';
    if (known) this.#remove(key, known);
    this.#elements.set(key, element);
    if (name !== '') {
      const title = `${pen}.${name}`;
      const holders = this.#byName.get(title);
      if (holders) holders.push(key);
      else this.#byName.set(title, [key]);
    }
    return known ? 'changed' : 'new';
  }

  /** Without a name where another element has it already. */
  find(pen: number, id: number): AnnouncedElement | undefined {
    const element = this.#elements.get(keyOf(pen, id));
    return element && this.idOf(pen, element.name) !== id ? { ...element, name: '' } : element;
  }

  /** Which element of the enterprise has the name. */
  idOf(pen: number, name: string): number | undefined {
    const key = this.#byName.get(`${pen}.${name}`)?.[0];
    return key === undefined ? undefined : key % 65536;
  }

  save(): readonly AnnouncedElement[] {
    return [...this.#elements.values()];
  }

  saveChanges(): ElementChanges {
    return [this.#hour, this.#changes];
  }

  /** For what is new: what was saved of both. */
  restore(elements: readonly AnnouncedElement[], [hour, changes]: ElementChanges): void {
    for (const element of elements) this.announce(element, 0);
    this.#hour = hour;
    this.#changes = changes;
  }

  #takeChange(micros: number): boolean {
    const hour = Math.floor(micros / hourMicros);
    // Never back: old times would open a new hour each.
    if (hour > this.#hour) {
      this.#hour = hour;
      this.#changes = 0;
    }
    if (this.#changes >= this.#changesAnHour) return false;
    this.#changes++;
    return true;
  }

  #remove(key: number, { pen, name }: AnnouncedElement): void {
    this.#elements.delete(key);
    const title = `${pen}.${name}`;
    const holders = this.#byName.get(title);
    if (!holders) return;
    holders.splice(holders.indexOf(key), 1);
    if (holders.length === 0) this.#byName.delete(title);
  }
}
