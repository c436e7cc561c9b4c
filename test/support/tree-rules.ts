import { eachFile, isGenerated, isTest, isTypeScript, type TidyRule } from './tidy-rule.ts';

const maxLines = 300;
const bannedNames = /^(?:utils?|helpers?|common|types?|libs?|core|misc|index)$/;
const kebabCase = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Names that tools and readers expect as they are. */
const givenNames = /^(?:[A-Z]+(?:\.md)?|(?:[a-z]+\.)?Dockerfile|tsconfig(?:\.build)?\.json|\.[a-z]+)$/;
const numbered = /^\d{4}-(.+)$/;

const lines = (text: string): number => text.replace(/\n$/, '').split('\n').length;
const file = (count: number): string => '// a line\n'.repeat(count);

const nameFaults = (path: string): string[] =>
  path.split('/').flatMap((part) => {
    if (givenNames.test(part)) return [];
    const stem = part.replace(/^\./, '').split('.')[0] ?? '';
    if (bannedNames.test(stem)) return [`'${part}' says nothing about what is in it`];
    return kebabCase.test(numbered.exec(stem)?.[1] ?? stem) ? [] : [`'${part}' is not in kebab-case`];
  });

/** Rules about names, places and sizes of files. */
export const treeRules: readonly TidyRule[] = [
  {
    name: `no source file is longer than ${maxLines} lines`,
    check: eachFile(
      (path) => isTypeScript(path) && !isTest(path) && !isGenerated(path),
      (_, text) => (lines(text) > maxLines ? [`${lines(text)} lines`] : []),
    ),
    violations: [{ 'collector/decode/long.ts': file(maxLines + 1) }],
    fine: { 'collector/decode/long.ts': file(maxLines), 'shared/elements/iana.generated.ts': file(999) },
  },
  {
    name: 'files and folders are named after what is in them, in kebab-case',
    check: eachFile((path) => !path.startsWith('fixtures/'), nameFaults),
    violations: [
      { 'shared/wire/utils.ts': '' },
      { 'collector/decodeFile/x.ts': '' },
      { 'exporter/index.ts': '' },
    ],
    fine: { 'docs/decisions/0001-x-y.md': '', 'README.md': '', 'docker/softflowd.Dockerfile': '' },
  },
  {
    name: 'at most two folders below a top-level one',
    check: eachFile(
      () => true,
      (path) => (path.split('/').length > 4 ? ['too deep'] : []),
    ),
    violations: [{ 'collector/decode/moves/fast/x.ts': '' }],
    fine: { 'collector/store/schema/0001-flows.sql': '' },
  },
  {
    name: 'decisions are numbered without a gap',
    check: (tree) => {
      const numbers = [...tree.keys()].flatMap((path) => /^docs\/decisions\/(\d{4})-/.exec(path)?.[1] ?? []);
      return numbers
        .map(Number)
        .sort((a, b) => a - b)
        .flatMap((number, i) =>
          number === i + 1 ? [] : [`docs/decisions: ${i + 1} is missing or twice there`],
        );
    },
    violations: [{ 'docs/decisions/0001-a.md': '', 'docs/decisions/0003-b.md': '' }],
    fine: { 'docs/decisions/0001-a.md': '', 'docs/decisions/0002-b.md': '' },
  },
];
