const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Those of `names` that `document` does not have as code, alone or followed by a value: `--ttl`, `--ttl DAYS`. */
export const undocumented = (names: readonly string[], document: string): readonly string[] =>
  names.filter((name) => !new RegExp(`\`${escaped(name)}[\` =]`).test(document));

/** What `document` mentions as code in the form of `pattern` (first group: the name) and is none of `names`. */
export const unknownNames = (
  pattern: RegExp,
  names: readonly string[],
  document: string,
): readonly string[] =>
  [...new Set([...document.matchAll(pattern)].map((match) => match[1] ?? ''))].filter(
    (name) => !names.includes(name),
  );

/** The part of a Markdown document below this heading, up to the next one that is as high; empty when there is none. */
export const sectionOf = (document: string, heading: string): string => {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const [, after = ''] = document.split(new RegExp(`^${escaped(heading)}$`, 'm'));
  return after.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? '';
};
