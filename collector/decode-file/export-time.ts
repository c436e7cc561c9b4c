import { formatTimestamp } from '../../shared/wire/timestamp.ts';
import type { Message } from '../decode/record-sink.ts';

/** The time of export as the Message Header has it, RFC 3339: NetFlow v5 with nanoseconds, the others in seconds. */
export const formatExportTime = ({ version, exportSeconds, exportNanos }: Message): string => {
  // A v5 header can claim more nanoseconds than a second has; then only the seconds can be shown.
  const isWhole = version !== 5 || exportNanos >= 1e9;
  return formatTimestamp(exportSeconds, isWhole ? 0 : exportNanos, isWhole ? 0 : 9) ?? '';
};
