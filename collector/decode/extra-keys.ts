/**
 * Names that strangers can make up for keys of `extra`: numbers of elements that the registry does not have, and counted
 * repetitions of one. So many are taken; those that came first stay, so that rows of exporters that work keep theirs.
 */
export class ExtraKeys {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the key may be written; always the same answer once it was asked for. */
  take(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= this.#limit) return false;
    this.#keys.add(key);
    return true;
  }

  save(): readonly string[] {
    return [...this.#keys];
  }

  restore(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }
}
