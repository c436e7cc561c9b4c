import ts from 'typescript';
import { forEachNode, parsedSource } from './parsed-source.ts';
import { isAssemblyScript, isGenerated, isProduct, isTest, type TidyRule, type Tree } from './tidy-rule.ts';

/** Files without a test of their own, each with the reason. */
const withoutTest: Readonly<Record<string, string>> = {
  'collector/ledger/ledger-thread.ts': 'the entry of a worker thread, which the tests of the collector run',
  'exporter/observe/netlink-thread.ts': 'the entry of a worker thread, which conntrack-source.test.ts runs',
  'collector/store/clickhouse-process.ts': 'the entry of a process, which embedded-clickhouse.test.ts runs',
};

/** Types and constants alone hold nothing that could go wrong in a run: no function, no class, no call. */
const holdsNoCode = (path: string, text: string): boolean => {
  if (path.endsWith('.d.ts')) return true;
  let found = false;
  forEachNode(parsedSource(path, text), (node) => {
    const isType =
      ts.isFunctionTypeNode(node) || ts.isMethodSignature(node) || ts.isCallSignatureDeclaration(node);
    const runs =
      ts.isFunctionLike(node) ||
      ts.isClassLike(node) ||
      ts.isCallExpression(node) ||
      ts.isNewExpression(node);
    if (runs && !isType) found = true;
  });
  return !found;
};

const testOf = (path: string): string => `test/${path.replace(/\.ts$/, '.test.ts')}`;

const missingTests = (tree: Tree, exceptions: Readonly<Record<string, string>>): string[] => {
  const faults: string[] = [];
  for (const [path, text] of tree) {
    if (!isProduct(path) || isGenerated(path) || isAssemblyScript(path) || holdsNoCode(path, text)) continue;
    if (!tree.has(testOf(path)) && !(path in exceptions)) faults.push(`${path}: has no ${testOf(path)}`);
  }
  return faults;
};

/** An exception that nobody needs any more goes. A sample without manifest is no whole project: it may lack the files. */
const staleExceptions = (tree: Tree, exceptions: Readonly<Record<string, string>>): string[] =>
  Object.keys(exceptions)
    .filter((path) => tree.has('package.json') && (!tree.has(path) || tree.has(testOf(path))))
    .map((path) => `${path}: is no exception any more`);

const orphans = (tree: Tree): string[] =>
  [...tree.keys()]
    .filter((path) => isTest(path) && /^test\/(?:collector|exporter|shared)\//.test(path))
    .filter((path) => !tree.has(path.replace(/^test\//, '').replace(/\.test\.ts$/, '.ts')))
    .map((path) => `${path}: tests a file that is not there`);

/** The path law of tests: `collector/decode/x.ts` is tested by `test/collector/decode/x.test.ts`. */
export const mirrorRules: readonly TidyRule[] = [
  {
    name: 'every source file has its test at the mirrored path',
    check: (tree) => [...missingTests(tree, withoutTest), ...staleExceptions(tree, withoutTest)],
    violations: [{ 'shared/wire/x.ts': 'export const x = () => 1;' }],
    fine: {
      'shared/wire/x.ts': 'export const x = () => 1;',
      'test/shared/wire/x.test.ts': '',
      'collector/decode/sink.ts':
        "import type { X } from './x.ts';\nexport const limit = 4;\nexport interface Sink { x(): X }",
    },
  },
  {
    name: 'no test has lost its source file',
    check: orphans,
    violations: [{ 'test/collector/decode/gone.test.ts': '' }],
    fine: {
      'test/collector/decode/x.test.ts': '',
      'collector/decode/x.ts': '',
      'test/fuzz/any-name.test.ts': '',
    },
  },
];
