/** 32 bits that depend on all bits of four words (rounds of MurmurHash3). */
export const hashWords = (a: number, b: number, c: number, d: number): number => {
  let hash = Math.imul(a ^ 0x3c6ef372, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x27d4eb2f);
  return hash ^ (hash >>> 15);
};
