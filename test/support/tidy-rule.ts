/** The files of the project: path from its top, `/` between folders, and the text. */
export type Tree = ReadonlyMap<string, string>;

/** A small tree to try a rule on: path and text. */
type Sample = Readonly<Record<string, string>>;

/** A house rule as a test. Each proves that it can fail (on every sample of `violations`), and that it does not always. */
export interface TidyRule {
  /** The rule as a sentence. */
  readonly name: string;
  /** What is wrong, a line each, beginning with the path. */
  readonly check: (tree: Tree) => readonly string[] | Promise<readonly string[]>;
  readonly violations: readonly Sample[];
  readonly fine: Sample;
}

export const isTypeScript = (path: string): boolean => path.endsWith('.ts');
export const isTest = (path: string): boolean => path.endsWith('.test.ts');
export const isGenerated = (path: string): boolean => path.endsWith('.generated.ts');
/** Programs that developers run by hand (`npm run generate`): they read and write files. */
export const isGenerator = (path: string): boolean => /\/generate-[a-z0-9-]+\.ts$/.test(path);
/** AssemblyScript looks like TypeScript, but the compiler never sees it. */
export const isAssemblyScript = (path: string): boolean => path.endsWith('.as.ts');
/** What is published: the command and the three top folders beside it. */
export const isProduct = (path: string): boolean =>
  isTypeScript(path) && /^(?:collector|exporter|shared)\/|^[^/]+$/.test(path);

/** Makes the check of a rule that looks at one file at a time. */
export const eachFile =
  (applies: (path: string) => boolean, check: (path: string, text: string) => readonly string[]) =>
  (tree: Tree): readonly string[] =>
    [...tree].flatMap(([path, text]) =>
      applies(path) ? check(path, text).map((fault) => `${path}: ${fault}`) : [],
    );
