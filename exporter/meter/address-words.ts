/** Addresses as four words of 32 bits, the first octet in the highest bits, as keys have them. */

/** The word `index` of the 16 octets. */
export const readAddressWord = (octets: Uint8Array, index: number): number => {
  const at = 4 * index;
  return (
    ((octets[at] as number) << 24) |
    ((octets[at + 1] as number) << 16) |
    ((octets[at + 2] as number) << 8) |
    (octets[at + 3] as number)
  );
};

/** Fills the 16 octets from the four words at `from`. */
export const writeAddressWords = (octets: Uint8Array, words: Int32Array, from: number): void => {
  for (let i = 0; i < 16; i++) octets[i] = (words[from + (i >> 2)] as number) >>> (24 - 8 * (i & 3));
};
