import ts from 'typescript';
import { forEachNode, lineOf, parsedSource } from './parsed-source.ts';
import { eachFile, isAssemblyScript, isGenerated, isTest, isTypeScript, type TidyRule } from './tidy-rule.ts';

const maxFunctionLines = 70;

type BodiedFunction = ts.FunctionLikeDeclaration & { readonly body: ts.Node };
const isFunction = (node: ts.Node): node is BodiedFunction =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

const nameOf = (node: ts.Node): string => {
  const named = 'name' in node && node.name ? node : node.parent;
  return 'name' in named && named.name ? (named.name as ts.Node).getText() : 'function';
};

const longFunctions = (path: string, text: string): string[] => {
  const source = parsedSource(path, text);
  const faults: string[] = [];
  forEachNode(source, (node) => {
    if (!isFunction(node)) return;
    const count = source.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(source, node);
    if (count > maxFunctionLines)
      faults.push(`${nameOf(node)} in line ${lineOf(source, node)} has ${count} lines`);
  });
  return faults;
};

const nodesThat = (fault: (node: ts.Node) => string | undefined) => (path: string, text: string) => {
  const source = parsedSource(path, text);
  const faults: string[] = [];
  forEachNode(source, (node) => {
    const found = fault(node);
    if (found !== undefined) faults.push(`${found} in line ${lineOf(source, node)}`);
  });
  return faults;
};

const makesCode = (node: ts.Node): string | undefined => {
  if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && ts.isIdentifier(node.expression)) {
    if (/^(?:eval|Function)$/.test(node.expression.text)) return `${node.expression.text}()`;
  }
  return ts.isStringLiteral(node) && /^(?:node:)?vm$/.test(node.text) && ts.isImportDeclaration(node.parent)
    ? 'import of vm'
    : undefined;
};

const bigFunction = (count: number): string => `const big = () => {\n${'  x();\n'.repeat(count - 2)}};\n`;

/** Rules about what stands in a TypeScript file, found in its syntax tree. */
export const sourceRules: readonly TidyRule[] = [
  {
    name: `no function is longer than ${maxFunctionLines} lines`,
    check: eachFile((path) => isTypeScript(path) && !isTest(path) && !isGenerated(path), longFunctions),
    violations: [{ 'collector/big.ts': bigFunction(maxFunctionLines + 1) }],
    fine: { 'collector/big.ts': bigFunction(maxFunctionLines) },
  },
  {
    name: 'nothing becomes code at run time',
    check: eachFile(isTypeScript, nodesThat(makesCode)),
    violations: [
      { 'shared/x.ts': "const f = new Function('return 1');" },
      { 'shared/x.ts': "eval('1');" },
      { 'shared/x.ts': "import vm from 'node:vm';" },
    ],
    fine: {
      'shared/x.ts': '// eval() and new Function() are not for us\nconst evaluate = Function.prototype;',
    },
  },
  {
    name: 'no `any`',
    check: eachFile(
      isTypeScript,
      nodesThat((node) => (node.kind === ts.SyntaxKind.AnyKeyword ? '`any`' : undefined)),
    ),
    violations: [{ 'shared/x.ts': 'export const x: Array<any> = [];' }],
    fine: { 'shared/x.ts': '// any\nexport const any: unknown = 1;' },
  },
  {
    name: 'no check of the compiler is switched off',
    check: eachFile(
      (path) => isTypeScript(path) && !isAssemblyScript(path),
      (_, text) => (/@ts-(?:ignore|nocheck)/.test(text) ? ['a switch for the compiler'] : []),
    ),
    violations: [{ 'shared/x.ts': `// ${'@ts-'}ignore\nexport const x = 1;` }],
    fine: { 'shared/x.ts': 'export const x = 1;' },
  },
];
