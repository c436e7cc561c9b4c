/** Times as operators write them in options. */

const isoTime =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const secondsSince1970 = /^\d{9,10}(?:\.\d{1,6})?$/;

const isDate = (date: string | undefined): boolean => {
  const midnight = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(`${date}T`);
};

/**
 * Microseconds since 1970 of `2026-11-21`, `2026-11-21 14:03`, `2026-11-21T14:03:22.5+01:00`, or of seconds since 1970. Without a zone
 * it is UTC. Undefined: it is no time.
 */
export const parseTimeMicros = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (secondsSince1970.test(trimmed)) return Math.round(Number(trimmed) * 1e6);
  const match = isoTime.exec(trimmed);
  if (!match) return undefined;
  const [, date, minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${date}T${minutes}:${seconds}${zone.toUpperCase()}`);
  // February the 30th would be the 2nd of March.
  if (Number.isNaN(milliseconds) || !isDate(date)) return undefined;
  return milliseconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
};
