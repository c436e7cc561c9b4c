/** The word that somebody may have meant. */

/** Letters to change, leave out, add or swap: optimal string alignment. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const best = Math.min(change, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(isSwap ? Math.min(best, (beforeLast[j - 2] as number) + 1) : best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
};

/** Undefined where none is near: a third of the letters, at most two. `typed` may be long: it is not looked at then. */
export const closestWord = (typed: string, words: Iterable<string>): string | undefined => {
  const word = typed.toLowerCase();
  let closest: string | undefined;
  let least = Math.min(2, Math.ceil(word.length / 3)) + 1;
  if (word.length > 40) return undefined;
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const letters = distance(word, candidate);
    if (letters < least && letters < candidate.length) [closest, least] = [candidate, letters];
  }
  return closest;
};
