/**
 * Removes, and returns, the half of a table that was used longest ago: one sort pays for many newcomers. Those that were used
 * at the same time go in the order of the table.
 */
export const evictHalf = <V>(table: Map<number, V>, lastUsed: (value: V) => number): readonly V[] => {
  const oldest = [...table]
    .sort((a, b) => lastUsed(a[1]) - lastUsed(b[1]))
    .slice(0, Math.ceil(table.size / 2));
  for (const [key] of oldest) table.delete(key);
  return oldest.map(([, value]) => value);
};
