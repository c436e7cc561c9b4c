/** Octets that are really in use: the heap and the array buffers, after garbage is gone. Needs `--expose-gc`, see .taprc. */
export const heapBytes = (): number => {
  if (!globalThis.gc) throw new Error('run with node --expose-gc');
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
