/** What exporters send where an address was not translated: none at all, `::`, or 0.0.0.0, which the columns have as an IPv4 address. */

const notTranslated = ["toIPv6('::')", "toIPv6('::ffff:0.0.0.0')"].join(', ');

/** A condition that a column has an address. */
export const isTranslated = (column: string): string => `${column} NOT IN (${notTranslated})`;
