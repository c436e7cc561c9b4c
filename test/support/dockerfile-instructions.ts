export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

/** The instructions of a Dockerfile in order, with their continuation lines joined and comments left out. */
export const dockerfileInstructions = (dockerfile: string): readonly Instruction[] =>
  dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { keyword, text };
    });

/** The texts of one kind of instruction. */
export const textsOf = (instructions: readonly Instruction[], keyword: string): readonly string[] =>
  instructions.filter((i) => i.keyword === keyword).map((i) => i.text);

/** The instructions of the last stage, which is the image. */
export const lastStage = (instructions: readonly Instruction[]): readonly Instruction[] =>
  instructions.slice(instructions.map((i) => i.keyword).lastIndexOf('FROM'));
