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
  for (let i = 0; i < 4; i++) {
    const word = words[from + i] as number;
    octets[4 * i] = word >>> 24;
    octets[4 * i + 1] = word >>> 16;
    octets[4 * i + 2] = word >>> 8;
    octets[4 * i + 3] = word;
  }
};
