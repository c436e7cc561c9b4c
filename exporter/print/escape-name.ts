/**
 * A text that others chose, safe within a word of a line: what is not printable ASCII could drive a terminal, a space could begin
 * another word, quotes and backslashes could end a JSON string. JSON reads the escapes back.
 */
export const escapeName = (name: string): string =>
  name.replace(/[^!-~]|["\\]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
