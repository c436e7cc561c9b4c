/** Tables for people: columns side by side, numbers to the right, titles that stay readable without colour. */

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Said once, in the title: `lag [s]`. */
  readonly unit?: string;
}

export interface TableStyle {
  /** Escape sequences for bold titles. */
  readonly color?: boolean;
}

const gap = '  ';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** Scripts whose characters take two places on a terminal, roughly. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;

/** Texts come from the wire: what would move the cursor or ring the bell is written as an escape. */
export const escapeCell = (text: string): string =>
  text.replace(control, (c) =>
    c === '\n' ? '\\n' : c === '\t' ? '\\t' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const plain = /^[ -~]*$/;

/** Places that a text takes on a terminal. */
const widthOf = (text: string): number => {
  if (plain.test(text)) return text.length;
  let places = 0;
  for (const character of text) places += wide.test(character) ? 2 : 1;
  return places;
};

const titleOf = (column: TableColumn): string =>
  escapeCell(column.unit === undefined ? column.title : `${column.title} [${column.unit}]`);

const bold = (text: string, style: TableStyle): string => (style.color ? `\u001b[1m${text}\u001b[0m` : text);

const fit = (text: string, places: number, align: TableColumn['align']): string => {
  const blanks = ' '.repeat(Math.max(0, places - widthOf(text)));
  return align === 'right' ? blanks + text : text + blanks;
};

/** A table whose widths are chosen from the first rows, so that later ones can be written as they come. */
export class TextTable {
  readonly #columns: readonly TableColumn[];
  readonly #style: TableStyle;
  readonly #widths: readonly number[];

  /** `sample`: rows of cells, escaped by `escapeCell`. A later cell that is wider pushes the rest of its row. */
  constructor(
    columns: readonly TableColumn[],
    sample: readonly (readonly string[])[],
    style: TableStyle = {},
  ) {
    this.#columns = columns;
    this.#style = style;
    this.#widths = columns.map((column, position) =>
      sample.reduce(
        (most, cells) => Math.max(most, widthOf(cells[position] ?? '')),
        widthOf(titleOf(column)),
      ),
    );
  }

  /** Of the widest row so far, in places on a terminal. */
  get width(): number {
    return this.#widths.reduce((sum, places) => sum + places + gap.length, -gap.length);
  }

  /** Titles and a rule, two lines. */
  header(): string {
    const titles = this.#line(this.#columns.map(titleOf), (text) => bold(text, this.#style));
    return `${titles}${this.#widths.map((places) => '-'.repeat(places)).join(gap)}\n`;
  }

  row(cells: readonly string[]): string {
    return this.#line(cells, (text) => text);
  }

  #line(cells: readonly string[], paint: (text: string) => string): string {
    const texts = this.#columns.map((column, position) => {
      const text = fit(cells[position] ?? '', this.#widths[position] ?? 0, column.align);
      return paint(position === this.#columns.length - 1 ? text.trimEnd() : text);
    });
    return `${texts.join(gap)}\n`;
  }
}

/** A whole table as text; cells are escaped here. */
export const formatTable = (
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  style: TableStyle = {},
): string => {
  const cells = rows.map((row) => row.map(escapeCell));
  const table = new TextTable(columns, cells, style);
  return table.header() + cells.map((row) => table.row(row)).join('');
};

/** One row as lines of title and value, for rows that are wider than the terminal. */
export const formatRecord = (
  columns: readonly TableColumn[],
  cells: readonly string[],
  style: TableStyle = {},
): string => {
  const titles = columns.map(titleOf);
  const places = Math.max(0, ...titles.map(widthOf));
  return titles
    .map((title, i) => `${bold(fit(title, places, 'left'), style)}${gap}${cells[i] ?? ''}\n`)
    .join('');
};
