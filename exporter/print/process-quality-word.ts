/** How the process at an end of a connection was found, in words. */

import type { ProcessQuality } from '../observe/process-facts.ts';

const words = { 1: 'uid only', 2: 'cgroup only', 3: 'exact', 4: 'cached' } as const satisfies Readonly<
  Record<ProcessQuality, string>
>;

export type ProcessQualityWord = (typeof words)[ProcessQuality];

export const processQualityWord = (quality: ProcessQuality): ProcessQualityWord => words[quality];
