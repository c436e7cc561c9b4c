import { generatedRules } from './generated-rules.ts';
import { importRules } from './import-rules.ts';
import { mirrorRules } from './mirror-rules.ts';
import { purityRules } from './purity-rules.ts';
import { sourceRules } from './source-rules.ts';
import { textRules } from './text-rules.ts';
import type { TidyRule } from './tidy-rule.ts';
import { treeRules } from './tree-rules.ts';

/** The house rules that can be checked. */
export const tidyRules: readonly TidyRule[] = [
  ...treeRules,
  ...mirrorRules,
  ...sourceRules,
  ...importRules,
  ...purityRules,
  ...textRules,
  ...generatedRules,
];
