/** How much room a parameter takes in the URL of a query, where all of them go. */

/** Quotes and a comma of an item of a list, encoded. */
const itemOverhead = 9;
/** Three octets of UTF-8; half of a surrogate pair has less. */
const maxEncoded = 9;

/** Octets that an ASCII character takes: as it is, encoded, or escaped as in SQL and encoded. */
const encoded = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[\\'\t\n\r]/.test(character)) return 6;
  return /[\w.*-]/.test(character) ? 1 : 3;
});

/** Octets, and rather too many than too few. */
export const paramLength = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + paramLength(item), 0);
  const text = String(value);
  let length = itemOverhead;
  for (let i = 0; i < text.length; i++) length += encoded[text.charCodeAt(i)] ?? maxEncoded;
  return length;
};
