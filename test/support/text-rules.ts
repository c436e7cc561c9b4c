import { homedir } from 'node:os';
import { dirname, posix, resolve } from 'node:path';
import { eachFile, type TidyRule, type Tree } from './tidy-rule.ts';

const isMarkdown = (path: string): boolean => path.endsWith('.md');
const isRecord = (path: string): boolean =>
  /^(?:LICENSE|package-lock\.json)$|^fixtures\/registry\//.test(path);

const leftover = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);

/** Folders that say something on every machine, or on none. */
const wellKnown = new Set([
  '/',
  '/tmp',
  '/opt',
  '/srv',
  '/usr',
  '/usr/src',
  '/home',
  '/var',
  '/app',
  '/data',
  '/build',
]);
const root = resolve(import.meta.dirname, '../..');
const machineFolders = [root, dirname(root), homedir()].filter((folder) => !wellKnown.has(folder));
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const machinePath = new RegExp(
  `(?<![\\w.~-])(?:(?:${machineFolders.map(escaped).join('|') || '(?!)'})(?=[/'"\`\\s),;:]|$)|/(?:home|Users)/\\w)`,
  'm',
);

/** Anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const withoutCode = (text: string): string =>
  text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map((match) =>
      anchorOf(match[1] ?? ''),
    ),
  );

const brokenLinks = (tree: Tree): string[] => {
  const folders = new Set(
    [...tree.keys()].flatMap((path) => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))),
  );
  return [...tree].flatMap(([path, text]) => {
    if (!isMarkdown(path)) return [];
    return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [to = '', anchor] = link.split('#');
      const target = to === '' ? path : posix.join(posix.dirname(path), to).replace(/\/$/, '');
      const found = tree.get(target);
      if (found === undefined) return folders.has(target) ? [] : [`${path}: ${link} is not there`];
      return anchor === undefined || anchorsOf(found).has(anchor)
        ? []
        : [`${path}: ${link} has no such heading`];
    });
  });
};

const undecidedPackages = (tree: Tree): string[] => {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as Readonly<
    Record<string, object | undefined>
  >;
  const decisions = [...tree].filter(([path]) => path.startsWith('docs/decisions/')).map(([, text]) => text);
  return ['dependencies', 'optionalDependencies', 'devDependencies']
    .flatMap((kind) => Object.keys(manifest[kind] ?? {}))
    .filter((name) => !decisions.some((text) => text.includes(`\`${name}\``)))
    .map((name) => `package.json: no decision says why ${name} is needed`);
};

/** SQL files are read where they stand, so the package has to bring them along. */
const unshippedFiles = (tree: Tree): readonly string[] => {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as { readonly files?: readonly string[] };
  const folders = new Set(
    [...tree.keys()]
      .filter((path) => /^(?:collector|exporter)\/.*\.sql$/.test(path))
      .map((path) => posix.dirname(path)),
  );
  return [...folders]
    .filter((folder) => !manifest.files?.includes(folder))
    .map((folder) => `package.json: \`files\` lacks ${folder}`);
};

/** Rules about texts: documents, comments and the manifest. */
export const textRules: readonly TidyRule[] = [
  {
    name: 'nothing is left to be done in a comment',
    check: eachFile(
      (path) => !isRecord(path),
      (_, text) => leftover.exec(text)?.slice(0, 1) ?? [],
    ),
    violations: [{ 'collector/x.ts': `// ${'TO'}${'DO'}: later` }],
    fine: { 'collector/x.ts': '// Done.' },
  },
  {
    name: 'no path of the machine it was written on',
    check: eachFile(
      (path) => !isRecord(path),
      (_, text) => machinePath.exec(text)?.slice(0, 1) ?? [],
    ),
    violations: [{ 'docs/x.md': `see ${['', 'home', 'me', 'flows'].join('/')}` }],
    fine: { 'docs/x.md': 'see /proc/net/udp and ../shared/corpus' },
  },
  {
    name: 'every relative link in a document leads somewhere',
    check: brokenLinks,
    violations: [{ 'docs/a.md': 'see [b](b.md)' }, { 'docs/a.md': '# A\n[b](#b)' }],
    fine: {
      'docs/a.md': '# A b\nsee [b](../c/b.md#b-c), [me](#a-b) and [folder](../c)',
      'c/b.md': '## `B` c',
    },
  },
  {
    name: 'every dependency has its reason in a decision',
    check: undecidedPackages,
    violations: [
      { 'package.json': '{"dependencies":{"left-pad":"1"}}', 'docs/decisions/0001-x.md': 'leftpad' },
    ],
    fine: { 'package.json': '{"devDependencies":{"@a/b":"1"}}', 'docs/decisions/0001-x.md': '- `@a/b`: why' },
  },
  {
    name: 'the package brings along the files that the product reads',
    check: unshippedFiles,
    violations: [{ 'package.json': '{"files":["dist"]}', 'collector/store/schema/0001-x.sql': '' }],
    fine: { 'package.json': '{"files":["collector/store/schema"]}', 'collector/store/schema/0001-x.sql': '' },
  },
  {
    name: 'the architecture is told in 200 lines',
    check: eachFile(
      (path) => path === 'docs/architecture.md',
      (_, text) => (text.trimEnd().split('\n').length > 200 ? ['is longer'] : []),
    ),
    violations: [{ 'docs/architecture.md': 'x\n'.repeat(201) }],
    fine: { 'docs/architecture.md': 'x\n'.repeat(200) },
  },
];
