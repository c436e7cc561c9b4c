import ts from 'typescript';
import { forEachNode, lineOf, parsedSource } from './parsed-source.ts';
import { eachFile, isGenerator, type TidyRule } from './tidy-rule.ts';

/** What reaches the clock, the process or chance. A file may declare such a name itself, as a parameter for instance. */
const impureNames = new Set([
  'process',
  'performance',
  'console',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]);

const isPure = (path: string): boolean =>
  /^(?:shared|collector\/(?:kernel|decode)|exporter\/meter)\//.test(path) && !isGenerator(path);

/** A name that stands for a value: not a key, not the name behind a dot, not in a type. */
const isReference = (node: ts.Identifier): boolean => {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name !== node;
  if (ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) return parent.name !== node;
  return !ts.isTypeNode(parent) && !ts.isQualifiedName(parent) && !ts.isTypeQueryNode(parent);
};

const isDeclaration = (node: ts.Identifier): boolean =>
  (ts.isParameter(node.parent) ||
    ts.isVariableDeclaration(node.parent) ||
    ts.isBindingElement(node.parent)) &&
  node.parent.name === node;

const callsClock = (node: ts.Node): string | undefined => {
  if (ts.isPropertyAccessExpression(node) && /^(?:Date\.now|Math\.random)$/.test(node.getText()))
    return node.getText();
  const makesDate = ts.isNewExpression(node) || ts.isCallExpression(node);
  if (!makesDate || node.expression.getText() !== 'Date') return undefined;
  return node.arguments?.length ? undefined : 'Date()';
};

const impurities = (path: string, text: string): string[] => {
  const source = parsedSource(path, text);
  const declared = new Set<string>();
  const used: ts.Identifier[] = [];
  const faults: string[] = [];
  forEachNode(source, (node) => {
    const clock = callsClock(node);
    if (clock !== undefined) faults.push(`${clock} in line ${lineOf(source, node)}`);
    if (!ts.isIdentifier(node) || !impureNames.has(node.text)) return;
    if (isDeclaration(node)) declared.add(node.text);
    else if (isReference(node)) used.push(node);
  });
  for (const node of used)
    if (!declared.has(node.text)) faults.push(`${node.text} in line ${lineOf(source, node)}`);
  return faults;
};

const waits = (path: string, text: string): string[] => {
  const source = parsedSource(path, text);
  const faults: string[] = [];
  forEachNode(source, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node))
      faults.push(`waits in line ${lineOf(source, node)}`);
  });
  return faults;
};

/** The pure middle: given the time, and done when the call returns. */
export const purityRules: readonly TidyRule[] = [
  {
    name: 'shared/, decode/ and meter/ are given time, process and chance',
    check: eachFile(isPure, impurities),
    violations: [
      { 'shared/service/x.ts': 'export const x = () => Date.now();' },
      { 'shared/service/x.ts': 'export const x = () => new Date();' },
      { 'collector/decode/x.ts': 'export const x = () => process.pid;' },
    ],
    fine: {
      'shared/service/x.ts':
        'export const x = (process: Watched, at: number) => [process.on, new Date(at), x.process, { process: 1 }];',
      'collector/store/x.ts': 'export const x = Date.now();',
    },
  },
  {
    name: 'decode/ and meter/ never await',
    check: eachFile(
      (path) => /^(?:collector\/(?:kernel|decode)|exporter\/meter)\//.test(path) && !isGenerator(path),
      waits,
    ),
    violations: [{ 'collector/decode/x.ts': 'export const x = async () => { await y(); };' }],
    fine: { 'collector/decode-file/x.ts': 'export const x = async () => { await y(); };' },
  },
];
