/**
 * A text that others chose, with its blanks, safe in a line: controls, invisible characters that turn or hide what is around them, and
 * halves of surrogates are escaped, and so is the backslash, so that no escape can be made up. Quotes are left as they are.
 */
export const escapeText = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}\\]/gu, (character) =>
    character === '\\'
      ? '\\\\'
      : Array.from(
          { length: character.length },
          (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
        ).join(''),
  );
