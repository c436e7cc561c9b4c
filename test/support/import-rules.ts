import { posix } from 'node:path';
import ts from 'typescript';
import { forEachNode, parsedSource } from './parsed-source.ts';
import { eachFile, isGenerator, isProduct, type TidyRule, type Tree } from './tidy-rule.ts';

interface Import {
  /** Path from the top, or the name of a module. */
  readonly target: string;
  readonly isPath: boolean;
  readonly isType: boolean;
}

const isTypeOnly = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause || clause.isTypeOnly) return clause !== undefined;
  const names = clause.namedBindings;
  return (
    !clause.name &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every((e) => e.isTypeOnly)
  );
};

/** All imports of a file: static, re-exporting and dynamic ones. */
const importsOf = (path: string, text: string): Import[] => {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (!specifier || !ts.isStringLiteral(specifier)) return;
    const isPath = specifier.text.startsWith('.');
    const target = isPath ? posix.join(posix.dirname(path), specifier.text) : specifier.text;
    found.push({ target, isPath, isType });
  };
  forEachNode(parsedSource(path, text), (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
      add(node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
  });
  return found;
};

const importRule = (
  applies: (path: string) => boolean,
  fault: (path: string, to: Import) => string | undefined,
) => eachFile(applies, (path, text) => importsOf(path, text).flatMap((to) => fault(path, to) ?? []));

/** What a layer of shared/ may import from shared/ beside itself. */
const sharedLayers: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  elements: ['wire'],
  protocol: ['wire', 'elements'],
  capture: ['wire'],
  service: ['wire'],
};
const pureModules = /^(?:node:(?:assert|buffer|util|events|stream|zlib)|ipaddr\.js)$/;

const sharedFault = (path: string, to: Import): string | undefined => {
  if (!to.isPath) return to.isType || pureModules.test(to.target) ? undefined : `imports ${to.target}`;
  const [top, layer] = to.target.split('/');
  if (top !== 'shared') return `imports ${to.target}`;
  const own = path.split('/')[1] ?? '';
  if (layer === own || sharedLayers[own]?.includes(layer ?? '')) return undefined;
  return `imports ${to.target}, which is not below shared/${own}`;
};

/** The way of the data through each side. A stage may import types of those before it. */
const stagesOf: Readonly<Record<string, readonly string[]>> = {
  collector: [
    ...[
      'receive',
      'journal',
      'kernel',
      'decode',
      'decode-file',
      'store',
      'ledger',
      'rollup',
      'filter',
      'extract',
      'ask',
      'reports',
    ],
    ...['journal-tools', 'load', 'web'],
  ],
  exporter: ['observe', 'logs', 'meter', 'export', 'print'],
};
const columnsOfStore = [
  'collector/store/flow-columns.ts',
  'collector/store/column-batch.ts',
  'collector/store/byte-column.ts',
];
/** Code of another stage that a stage may import, as prefixes of paths, with the reason. */
const stageCode: Readonly<Record<string, readonly string[]>> = {
  // The journal keeps frames as they were received.
  journal: ['collector/receive/frame.ts'],
  // The kernel and the decoder write into columns: the list of them, and their memory, belong to the store.
  kernel: columnsOfStore,
  decode: ['collector/kernel/', ...columnsOfStore],
  // The composition root of the ledger thread: it joins decoder and store.
  ledger: [
    ...[
      'collector/receive/',
      'collector/journal/',
      'collector/kernel/',
      'collector/decode/',
      'collector/store/',
    ],
  ],
  // `flowledger decode` is the same decoder with another sink.
  'decode-file': ['collector/decode/'],
  // Rollups are made in the store's ClickHouse, out of `flows`.
  rollup: ['collector/store/'],
  // A filter is about columns.
  filter: [
    ...['flow-columns', 'service-port', 'directed-columns'].map((name) => `collector/store/${name}.ts`),
  ],
  // A filter may be asked about packets.
  extract: ['collector/filter/'],
  // Questions go to the store's ClickHouse; filters are part of them, and rollups answer many.
  ask: ['collector/store/', 'collector/filter/', 'collector/rollup/rollup-tables.ts'],
  // The newest rows of `flows` are read as the rollup would read them; what was found can be cut out of a capture.
  reports: [
    'collector/extract/',
    ...['collector/store/', 'collector/filter/', 'collector/ask/'],
    ...['connections', 'nat-log', 'inside-networks'].map((name) => `collector/rollup/${name}.ts`),
  ],
  // `flowledger journal` prints what is in the journal.
  'journal-tools': [
    ...['collector/receive/', 'collector/journal/', 'collector/decode-file/line-writer.ts'],
    'collector/ask/text-table.ts',
  ],
  // The composition root of loading: what was captured or journaled goes the way of what is received.
  load: [
    ...[
      'collector/receive/',
      'collector/journal/',
      'collector/decode-file/',
      'collector/store/',
      'collector/ledger/',
      'collector/rollup/',
    ],
    ...['collector/ask/locate-server.ts', 'collector/journal-tools/journal-frames.ts'],
  ],
  // Vocabulary that comes with a type: names of states, bits of a status, reasons of an end.
  logs: ['exporter/observe/connection.ts', 'exporter/observe/process-facts.ts'],
  meter: ['exporter/observe/connection.ts', 'exporter/observe/process-facts.ts'],
  export: ['exporter/meter/flow-record.ts'],
  print: [
    'exporter/meter/flow-record.ts',
    ...['exporter/observe/connection.ts', 'exporter/observe/process-facts.ts'],
  ],
};

const stageFault = (path: string, to: Import): string | undefined => {
  const [side = '', own = ''] = path.split('/');
  const [top, stage = ''] = to.target.split('/');
  if (!to.isPath || top === 'shared' || (top === side && stage === own)) return undefined;
  if (top !== side) return `imports ${to.target}`;
  if (stageCode[own]?.some((prefix) => to.target.startsWith(prefix))) return undefined;
  const stages = stagesOf[side] ?? [];
  if (!stages.includes(stage)) return `imports ${to.target}: a stage knows no composition root`;
  if (to.isType && stages.indexOf(stage) < stages.indexOf(own)) return undefined;
  return `imports ${to.isType ? 'a type' : 'code'} of ${side}/${stage}`;
};

const declaredIn = (tree: Tree, ...kinds: readonly string[]): ReadonlySet<string> => {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as Readonly<
    Record<string, object | undefined>
  >;
  return new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
};
const packageOf = (target: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;

/** Rules about who may import whom: imports follow the data. */
export const importRules: readonly TidyRule[] = [
  {
    name: 'exporter and collector never import each other',
    check: importRule(
      (path) => /^(?:exporter|collector)\//.test(path),
      (path, to) => {
        const other = path.startsWith('exporter/') ? 'collector/' : 'exporter/';
        return to.isPath && to.target.startsWith(other) ? `imports ${to.target}` : undefined;
      },
    ),
    violations: [{ 'exporter/meter/x.ts': "import type { X } from '../../collector/decode/x.ts';" }],
    fine: { 'exporter/meter/x.ts': "import { X } from '../../shared/wire/x.ts';" },
  },
  {
    name: 'shared/ does no I/O and its layers import downwards only',
    check: importRule((path) => path.startsWith('shared/') && !isGenerator(path), sharedFault),
    violations: [
      { 'shared/service/log.ts': "import { writeSync } from 'node:fs';" },
      { 'shared/wire/x.ts': "export { y } from '../protocol/y.ts';" },
      { 'shared/wire/z.ts': "const socket = await import('node:dgram');" },
    ],
    fine: { 'shared/protocol/x.ts': "import type { A } from 'node:fs';\nimport { y } from '../wire/y.ts';" },
  },
  {
    name: 'a stage imports types of the stages before it, and never their code',
    check: importRule((path) => /^(?:collector|exporter)\/[^/]+\//.test(path), stageFault),
    violations: [
      { 'collector/store/x.ts': "import { Decoder } from '../decode/decode-datagram.ts';" },
      { 'collector/receive/x.ts': "import type { Y } from '../store/y.ts';" },
      { 'collector/web/x.ts': "import type { Z } from '../collector.ts';" },
      { 'exporter/observe/x.ts': "import type { Z } from '../meter/z.ts';" },
    ],
    fine: {
      'collector/store/x.ts': "import { type Decoder } from '../decode/decode-datagram.ts';",
      'collector/ask/x.ts': "import { connect } from '../store/connection.ts';",
      'collector/collector.ts': "import { listen } from './receive/udp-listener.ts';",
    },
  },
  {
    name: 'the product never imports tests',
    check: importRule(isProduct, (_, to) =>
      to.isPath && to.target.startsWith('test/') ? to.target : undefined,
    ),
    violations: [{ 'collector/x.ts': "import { y } from '../test/support/y.ts';" }],
    fine: { 'collector/x.ts': "import { y } from './testing.ts';" },
  },
  {
    name: 'the product imports only packages that are installed with it',
    check: (tree) => {
      const declared = declaredIn(tree, 'dependencies', 'optionalDependencies');
      return importRule(
        (path) => isProduct(path) && !isGenerator(path),
        (_, to) =>
          to.isPath || to.isType || to.target.startsWith('node:') || declared.has(packageOf(to.target))
            ? undefined
            : `imports ${to.target}`,
      )(tree);
    },
    violations: [{ 'package.json': '{"devDependencies":{"tap":"1"}}', 'cli.ts': "import t from 'tap';" }],
    fine: {
      'package.json': '{"dependencies":{"@a/b":"1"}}',
      'cli.ts': "import b from '@a/b/c';\nimport 'node:fs';",
    },
  },
];
