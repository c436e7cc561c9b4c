import type { ReadLine } from './logged-connection.ts';
import { parseConntrackText } from './parse-conntrack-text.ts';
import { parseUlogdJson } from './parse-ulogd-json.ts';
import { parseUlogdText } from './parse-ulogd-text.ts';

/** A packet that netfilter logged, as the kernel and LOGEMU write it. */
const isPacket = (line: string): boolean =>
  line.includes('IN=') && line.includes(' OUT=') && line.includes(' SRC=');

/** Reads a line of ulogd (JSON, LOGEMU, PRINTFLOW), of conntrack(8), of /proc/net/nf_conntrack, or of our own JSON and log. */
export const parseLogLine: ReadLine = (line, into, context) => {
  if (line.charCodeAt(0) === 0x7b) return parseUlogdJson(line, into, context);
  if (line.includes('ORIG: SRC=')) return parseUlogdText(line, into, context);
  const meaning = parseConntrackText(line, into, context);
  return typeof meaning === 'object' && isPacket(line) ? 'other' : meaning;
};
