/** A filter that was understood: what it asks of a row, and which columns it needs for that. */

export interface CompiledFilter {
  /**
   * A condition over a table. `columnSql` gives the SQL of a column of `flows`, or of the derived one `service`; default: its own name. Called
   * with another one for the second direction of a biflow, or for a rollup.
   */
  readonly sql: (columnSql?: (column: string) => string) => string;
  /** Of the placeholders in it: `{f0:IPv6}` and so on. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Columns that a table must have to answer it. */
  readonly columns: ReadonlySet<string>;
  /** As it was typed. */
  readonly text: string;
}
