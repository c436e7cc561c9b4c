import ts from 'typescript';

const parsed = new Map<string, ts.SourceFile>();

/** Parses TypeScript; each file once, although several rules ask for it. */
export const parsedSource = (path: string, text: string): ts.SourceFile => {
  const known = parsed.get(path);
  if (known?.text === text) return known;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  parsed.set(path, source);
  return source;
};

/** Calls `visit` for `node` and all below it. */
export const forEachNode = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => forEachNode(child, visit));
};

/** Number of the line, from 1, in which `node` begins. */
export const lineOf = (source: ts.SourceFile, node: ts.Node): number =>
  source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
