/** The Message Header of a datagram in words, for the listing that people read. */

import { ipfixHeaderBytes, readIpfixHeader } from '../../shared/protocol/ipfix.ts';
import { netflow5HeaderBytes, readNetflow5Header } from '../../shared/protocol/netflow5.ts';
import { netflow9HeaderBytes, readNetflow9Header } from '../../shared/protocol/netflow9.ts';
import { formatTimestamp } from '../../shared/wire/timestamp.ts';

export interface MessageHeaderText {
  /** The Observation Domain that the decoder books the datagram to. */
  readonly domain: number;
  readonly text: string;
}

const seconds = (value: number): string => formatTimestamp(value, 0, 0) ?? '';

/** Describes the header at `at`, as far as the datagram, which ends at `end`, has it; its first two octets must be there. */
export const describeMessageHeader = (view: DataView, at: number, end: number): MessageHeaderText => {
  const version = view.getUint16(at);
  const held = end - at;
  if (version === 9 && held >= netflow9HeaderBytes) {
    const { domain, sequence, exportSeconds, sysUptimeMs, count } = readNetflow9Header(view, at);
    const uptime = `uptime ${sysUptimeMs} ms, count ${count}`;
    return {
      domain,
      text: `NetFlow v9, domain ${domain}, sequence ${sequence}, exported ${seconds(exportSeconds)}, ${uptime}`,
    };
  }
  if (version === 10 && held >= ipfixHeaderBytes) {
    const { domain, sequence, exportSeconds, lengthBytes } = readIpfixHeader(view, at);
    const length = `length ${lengthBytes}`;
    return {
      domain,
      text: `IPFIX, domain ${domain}, sequence ${sequence}, exported ${seconds(exportSeconds)}, ${length}`,
    };
  }
  if (version === 5 && held >= netflow5HeaderBytes) {
    const { domain, sequence, exportSeconds, sysUptimeMs, count, sampling } = readNetflow5Header(view, at);
    const engine = `engine ${domain >> 8}/${domain & 0xff}, sequence ${sequence}`;
    const rest = `uptime ${sysUptimeMs} ms, count ${count}, sampling ${sampling & 0x3fff} (mode ${sampling >> 14})`;
    return { domain, text: `NetFlow v5, ${engine}, exported ${seconds(exportSeconds)}, ${rest}` };
  }
  return { domain: 0, text: `version ${version}, cut off in its header` };
};
