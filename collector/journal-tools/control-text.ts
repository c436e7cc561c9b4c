/** A control frame in words: what the receive thread lost since the one before. */

import { formatTotal } from '../../shared/service/format-quantity.ts';

/** Exporters that are named; the numbers before them count all. */
const maxNamed = 16;

const fields: readonly (readonly [string, string])[] = [
  ['kernelDrops', 'dropped by the kernel'],
  ['refused', 'refused'],
  ['queueDrops', 'dropped because the ledger was behind'],
];

const parse = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** `192.0.2.1 2 refused and 3 dropped`. */
const describeExporter = (entry: unknown): string | undefined => {
  if (!Array.isArray(entry)) return undefined;
  const [address, refused, queueDrops] = entry as readonly unknown[];
  if (typeof address !== 'string' || !isCount(refused) || !isCount(queueDrops)) return undefined;
  const losses = [refused > 0 ? `${refused} refused` : '', queueDrops > 0 ? `${queueDrops} dropped` : ''];
  return `${address} ${losses.filter((loss) => loss !== '').join(' and ')}`;
};

/** The JSON of a control frame; undefined when the payload is none. */
export const parseControl = (payload: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  const value = parse(payload);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
};

/** One line. Addresses in it come from the journal: the caller escapes what moves a cursor. */
export const formatControl = (payload: Uint8Array): string => {
  const control = parseControl(payload);
  if (control === undefined)
    return `control frame of ${formatTotal(payload.length, 'octet')} that is no JSON object`;
  const counts = new Map(Object.entries(control));
  const losses = fields.flatMap(([name, words]) => {
    const count = counts.get(name);
    return isCount(count) && count > 0 ? [`${formatTotal(count, 'datagram')} ${words}`] : [];
  });
  if (losses.length === 0) return 'nothing lost';
  const listed = counts.get('exporters');
  const exporters = (Array.isArray(listed) ? listed : []).flatMap((entry) => describeExporter(entry) ?? []);
  const named = exporters.slice(0, maxNamed).join(', ');
  const more = exporters.length > maxNamed ? `, and ${exporters.length - maxNamed} more` : '';
  return `lost: ${losses.join(', ')}${named === '' ? '' : ` (${named}${more})`}`;
};
