/** A query with its parameters written into it, for people to run and change: `flowledger top --sql`. Nothing of ours sends such a text. */

import { quoteIdentifier, quoteText } from '../store/connection.ts';
import type { Query } from './query.ts';

const literal = (value: unknown): string => {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return String(value);
  return quoteText(String(value)).replaceAll('\n', '\\n');
};

/** Numbers stand alone only where their type makes no difference. */
const isPlain = /\b(?:LIMIT|OFFSET)\s+$/i;

/** Throws where a parameter is missing: that is our mistake. */
export const inlineParameters = ({ sql, params }: Query): string =>
  sql.replace(/\{(\w+):([^{}]+)\}/g, (_, name: string, type: string, at: number) => {
    if (!Object.hasOwn(params, name)) throw new Error(`there is no parameter ${name}`);
    const value = params[name];
    if (type === 'Identifier') return quoteIdentifier(String(value));
    if (isPlain.test(sql.slice(0, at))) return literal(value);
    if (type === 'String') return literal(value);
    // The short form takes plain literals only.
    const isShort = !Array.isArray(value) && !(Number(value) < 0);
    return isShort ? `${literal(value)}::${type}` : `CAST(${literal(value)}, ${quoteText(type)})`;
  });
