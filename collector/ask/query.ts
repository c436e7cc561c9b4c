/** A question in SQL: what a person typed is in the parameters, never in the text. */

export interface Query {
  /** With placeholders `{name:Type}`. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}
