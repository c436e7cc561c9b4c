/** Numbers for texts of which there are few (helpers, labels of connections), so that a typed array can keep them. */

/** Texts beyond are not kept: they become empty ones. The kernel has some ten helpers, and 128 labels which rules combine. */
const maxTexts = 4096;

export class TextPool {
  readonly #texts: string[] = [''];
  readonly #numbers: Map<string, number> = new Map([['', 0]]);

  /** Below 2^16; 0 is the empty text. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length >= maxTexts) return 0;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }
}
