/** One line for a frame of the journal: for people, or as JSON. */

import { formatHostPort } from '../../shared/service/host-port.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import { formatErrors } from '../../shared/wire/format-error.ts';
import { formatMicros } from '../../shared/wire/timestamp.ts';
import { escapeCell } from '../ask/text-table.ts';
import type { ChunkReader } from '../receive/chunk-reader.ts';
import { frameKinds } from '../receive/frame.ts';
import { formatControl, parseControl } from './control-text.ts';
import { type MessageOutline, outlineMessage } from './message-outline.ts';

/** Ids that a line names of each kind; a datagram could hold 16,000. */
const maxIds = 16;
/** Places of `exporter:port`, so that short and long addresses stand below each other. */
const exporterPlaces = 22;

const payloadOf = (frame: ChunkReader): Uint8Array =>
  frame.bytes.subarray(frame.payloadOffset, frame.payloadOffset + frame.payloadBytes);

const outlineOf = ({ view, payloadOffset, payloadBytes }: ChunkReader): MessageOutline =>
  outlineMessage(view, payloadOffset, payloadOffset + payloadBytes);

/** `256*3 257`: each id where it comes first, with how often it is there. */
const formatIds = (ids: readonly number[]): string => {
  const times = new Map<number, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  const texts = [...times].slice(0, maxIds).map(([id, count]) => (count > 1 ? `${id}*${count}` : String(id)));
  return times.size > maxIds ? `${texts.join(' ')} and more` : texts.join(' ');
};

const versionNames: Readonly<Record<number, string>> = { 5: 'NetFlow v5', 9: 'NetFlow v9', 10: 'IPFIX' };

const describeMessage = (outline: MessageOutline): string => {
  const { version, domain, sequence, records, templates, optionsTemplates, dataSets, problem } = outline;
  const parts = [versionNames[version] ?? `version ${version}`];
  if (domain !== undefined) parts.push(`domain ${domain}`, `sequence ${sequence}`);
  if (records !== undefined) parts.push(`records ${records}`);
  if (templates.length > 0) parts.push(`Templates ${formatIds(templates)}`);
  if (optionsTemplates.length > 0) parts.push(`Options Templates ${formatIds(optionsTemplates)}`);
  if (dataSets.length > 0) parts.push(`data ${formatIds(dataSets)}`);
  if (problem !== undefined) parts.push(`${problem}: ${formatErrors[problem][0]}`);
  return parts.join('  ');
};

/** With its end of line. */
export const formatFrameLine = (frame: ChunkReader): string => {
  const time = formatMicros(frame.micros) ?? String(frame.micros);
  if (frame.kind === frameKinds.control) return `${time}  ${escapeCell(formatControl(payloadOf(frame)))}\n`;
  if (frame.kind !== frameKinds.datagram) return `${time}  frame of kind ${frame.kind}, which is not known\n`;
  const exporter = formatHostPort(formatAddress(frame.bytes, frame.addressOffset), frame.exporterPort);
  const ends = `${exporter.padEnd(exporterPlaces)} -> ${frame.localPort}`;
  return `${time}  ${ends}  ${String(frame.payloadBytes).padStart(5)} B  ${describeMessage(outlineOf(frame))}\n`;
};

/** With its end of line. `withPayload`: the octets too, in hex. */
export const formatFrameJson = (frame: ChunkReader, withPayload: boolean): string => {
  const { framePosition: position, kind } = frame;
  const time = formatMicros(frame.micros);
  const payload = withPayload ? Buffer.from(payloadOf(frame)).toString('hex') : undefined;
  if (kind !== frameKinds.datagram) {
    const control = kind === frameKinds.control ? parseControl(payloadOf(frame)) : undefined;
    return `${JSON.stringify({ position, time, kind, control, length: frame.payloadBytes, payload })}\n`;
  }
  const { version, domain, sequence, records, templates, optionsTemplates, dataSets, problem } =
    outlineOf(frame);
  return `${JSON.stringify({
    position,
    time,
    exporter: formatAddress(frame.bytes, frame.addressOffset),
    port: frame.exporterPort,
    localPort: frame.localPort,
    version,
    domain,
    sequence,
    length: frame.payloadBytes,
    records,
    templates: records === undefined ? templates : undefined,
    optionsTemplates: records === undefined ? optionsTemplates : undefined,
    dataSets: records === undefined ? dataSets : undefined,
    problem,
    payload,
  })}\n`;
};
