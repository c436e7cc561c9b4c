/**
 * Elements that an exporter announced (RFC 5610) in one Observation Domain: what the numbers of enterprises mean that the registry does
 * not have. Bounded: what comes when it is full is not taken.
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

export class AnnouncedElements {
  readonly #limit: number;
  /** In the order in which they got their names. */
  readonly #elements = new Map<number, AnnouncedElement>();
  /** Keys of those that were announced under the same name of an enterprise, in that order: the first one has it. */
  readonly #byName = new Map<string, number[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#elements.size;
  }

  /** A later announcement of an element replaces the earlier one. */
  announce(element: AnnouncedElement): 'same' | 'new' | 'changed' | 'full' {
    const { pen, id, dataType, name } = element;
    const key = keyOf(pen, id);
    const known = this.#elements.get(key);
    if (known?.name === name) {
      if (known.dataType === dataType) return 'same';
      this.#elements.set(key, element);
      return 'changed';
    }
    if (!known && this.#elements.size >= this.#limit) return 'full';
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

  #remove(key: number, { pen, name }: AnnouncedElement): void {
    this.#elements.delete(key);
    const title = `${pen}.${name}`;
    const holders = this.#byName.get(title);
    if (!holders) return;
    holders.splice(holders.indexOf(key), 1);
    if (holders.length === 0) this.#byName.delete(title);
  }
}
