/**
 * Template ids from the content of Templates: an exporter that starts again, with other settings or as another release, does not
 * use an id for something else while a collector still remembers what it meant (RFC 7011 8.1; over UDP nothing is withdrawn).
 */

import { firstDataSetId } from '../../shared/protocol/sets.ts';
import { type FieldSpecifier, makeTemplate, type Template } from '../../shared/protocol/template.ts';

const idCount = 0x10000 - firstDataSetId;
/** Far more than there are shapes of records and options; past it something is wrong with us. */
export const maxTemplates = 4096;

/** FNV-1a, 32 bits, over 16-bit words. */
const hashOf = (words: readonly number[]): number => {
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ (word & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (word >>> 8), 0x01000193);
  }
  return hash >>> 0;
};

/** Makes the Templates of one session; the same content is the same Template, another content never has its id. */
export class TemplateIds {
  readonly #version: 9 | 10;
  readonly #templates = new Map<number, { readonly content: string; readonly template: Template }>();

  constructor(version: 9 | 10) {
    this.#version = version;
  }

  /** `options`: scope fields come first. Two contents with the same hash: the later one gets the next id that is free. */
  make(fields: readonly FieldSpecifier[], options?: { readonly scopeCount: number }): Template {
    const words = [
      this.#version,
      options ? options.scopeCount : 0,
      ...fields.flatMap(({ pen, id, lengthBytes }) => [pen >>> 16, pen & 0xffff, id, lengthBytes]),
    ];
    const content = words.join();
    for (let offset = hashOf(words) % idCount; ; offset = (offset + 1) % idCount) {
      const id = firstDataSetId + offset;
      const found = this.#templates.get(id);
      if (found?.content === content) return found.template;
      if (found) continue;
      if (this.#templates.size >= maxTemplates) throw new Error(`more than ${maxTemplates} Templates`);
      const specifiers = fields.map(({ pen, id, lengthBytes }) => ({ pen, id, lengthBytes }));
      const template = makeTemplate(this.#version, id, specifiers, options);
      this.#templates.set(id, { content, template });
      return template;
    }
  }
}
