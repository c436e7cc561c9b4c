/**
 * Records by a template: `{name}` is what the record has under it, `-` where that is not known, `{{` and `}}` are braces. The default one
 * and its spellings (`{ev.src}`, `{info.pid}`) are those of conntrack-logger.
 */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { stateNames } from '../observe/connection.ts';
import { noId, type ProcessFacts } from '../observe/process-facts.ts';
import { addressText, networkText } from './address-text.ts';
import { escapeText } from './escape-text.ts';
import { eventWord } from './event-word.ts';
import { compileStrftime } from './format-strftime.ts';
import { processQualityWord } from './process-quality-word.ts';
import { protocolName } from './protocol-name.ts';

export const defaultTemplate =
  '{ts}: {proto} {src}/{sport} > {dst}/{dport} :: {pid} {uid}:{gid} {service} :: {cmdline}';

/** Undefined, or an empty text: not known. */
type Reader = (record: FlowRecord) => string | number | undefined;

/** Its source is on this machine as well, and whoever answered is not the one that began it. */
const isWithinOneAddress = ({ srcAddress, dstAddress }: FlowRecord): boolean =>
  srcAddress.every((octet, at) => octet === dstAddress[at]);

/** Of the source, else of the destination: where both ends are here, only of the one that began. */
const ofProcess =
  (read: (facts: ProcessFacts) => string | number | undefined): Reader =>
  (record) => {
    const facts = record.srcProcess ?? (isWithinOneAddress(record) ? undefined : record.dstProcess);
    return facts && read(facts);
  };

const unlessZero = (value: number): number | undefined => (value === 0 ? undefined : value);
const unlessNoId = (id: number): number | undefined => (id === noId ? undefined : id);

const hasLasted = ({ form }: FlowRecord): boolean => form === 'flow' || form === 'aggregate';

const counter =
  (read: (record: FlowRecord) => number): Reader =>
  (record) =>
    hasLasted(record) && record.hasCounters ? read(record) : undefined;

const ofConntrack =
  (read: (record: FlowRecord) => number): Reader =>
  (record) =>
    record.source === 'conntrack' && record.form !== 'aggregate' ? read(record) : undefined;

const endText = (record: FlowRecord, address: Uint8Array, prefixLength: number): string =>
  record.form === 'aggregate'
    ? networkText(record.family, address, prefixLength)
    : addressText(record.family, address);

/** Behind a proxy may be the other family: the octets tell it, as they are those of a socket. */
const natAddress = (record: FlowRecord, address: Uint8Array): string | undefined => {
  if (!record.isTranslated) return undefined;
  return record.form === 'trace' ? formatAddress(address, 0) : addressText(record.family, address);
};

const natPort = (record: FlowRecord, port: number): number | undefined =>
  record.isTranslated ? unlessZero(port) : undefined;

const flowId = (record: FlowRecord): string | undefined => {
  if (record.form === 'aggregate' || record.form === 'trace') return undefined;
  return [record.flowIdHigh, record.flowIdLow].map((word) => word.toString(16).padStart(8, '0')).join('');
};

const clientOf = ({ trace }: FlowRecord): string | undefined =>
  trace?.client && formatAddress(trace.client, 0);

// biome-ignore format: a table is read by its rows
const readers: readonly (readonly [name: string, read: Reader])[] = [
  ['event', eventWord],
  ['proto', (r) => `ipv${r.family}/${protocolName(r.protocol)}`],
  ['src', (r) => endText(r, r.srcAddress, r.srcPrefixLength)],
  ['sport', (r) => unlessZero(r.srcPort)],
  ['dst', (r) => endText(r, r.dstAddress, r.dstPrefixLength)],
  ['dport', (r) => unlessZero(r.dstPort)],
  ['nat_src', (r) => natAddress(r, r.postSrcAddress)],
  ['nat_sport', (r) => natPort(r, r.postSrcPort)],
  ['nat_dst', (r) => natAddress(r, r.postDstAddress)],
  ['nat_dport', (r) => natPort(r, r.postDstPort)],
  ['pid', ofProcess(({ pid }) => unlessZero(pid))],
  ['uid', ofProcess(({ uid }) => unlessNoId(uid))],
  ['gid', ofProcess(({ gid }) => unlessNoId(gid))],
  ['name', ofProcess(({ name }) => name)],
  ['user', ofProcess(({ user }) => user)],
  ['service', ofProcess(({ cgroup }) => cgroup)],
  ['container', ofProcess(({ containerId }) => containerId)],
  ['cmdline', ofProcess(({ command }) => command)],
  ['quality', ofProcess(({ quality }) => processQualityWord(quality))],
  ['state', (r) => (r.state === 0 ? undefined : stateNames[r.protocol]?.[r.state])],
  ['mark', ofConntrack((r) => r.mark)],
  ['zone', ofConntrack((r) => r.zone)],
  ['packets', counter((r) => r.packets)],
  ['bytes', counter((r) => r.octets)],
  ['reply_packets', counter((r) => r.reversePackets)],
  ['reply_bytes', counter((r) => r.reverseOctets)],
  ['duration', (r) => hasLasted(r) && r.startMicros !== 0 ? (r.endMicros - r.startMicros) / 1e6 : undefined],
  ['flow_id', flowId],
  ['req_id', ({ trace }) => trace?.requestId],
  ['sess_id', ({ trace }) => trace?.sessionId],
  ['mapping', ({ trace }) => trace?.mapping],
  ['client', clientOf],
];

const readersOf = (timeFormat: string): ReadonlyMap<string, Reader> => {
  const timeText = compileStrftime(timeFormat);
  return new Map([
    ['ts', (record) => timeText(record.endMicros)],
    ['start', ({ startMicros }) => (startMicros === 0 ? undefined : timeText(startMicros))],
    ['end', (record) => (hasLasted(record) ? timeText(record.endMicros) : undefined)],
    ...readers,
  ]);
};

const shown = (value: string | number | undefined): string => {
  if (typeof value === 'string' && value !== '') return escapeText(value);
  return typeof value === 'number' ? String(value) : '-';
};

export interface TemplateOptions {
  /** `default` and an empty one are `defaultTemplate`. */
  readonly template: string;
  /** Of strftime(3), for `{ts}`, `{start}` and `{end}`. */
  readonly timeFormat: string;
}

/**
 * Makes the printer of one line a record, with its newline. What strangers chose (command lines) is escaped.
 * @throws ConfigError: a name or a conversion of times is not known, or a brace stands alone.
 */
export const compileTemplate = ({
  template,
  timeFormat,
}: TemplateOptions): ((record: FlowRecord) => string) => {
  const text = template === '' || template === 'default' ? defaultTemplate : template;
  const known = readersOf(timeFormat);
  const parts = text.split(/(\{\{|\}\}|\{[^{}]*\}|[{}])/).map((part): string | Reader => {
    if (part === '{{' || part === '}}') return part.charAt(0);
    if (part === '{' || part === '}')
      throw new ConfigError(`--format: a ${part} stands alone; write ${part}${part} for a brace`);
    if (!part.startsWith('{')) return part;
    const read = known.get(part.slice(1, -1).replace(/^(?:ev|info)\./, ''));
    if (read) return read;
    const names = [...known.keys()].map((name) => `{${name}}`).join(' ');
    throw new ConfigError(`--format: no ${JSON.stringify(part)}; there are ${names}`);
  });
  return (record) =>
    `${parts.map((part) => (typeof part === 'string' ? part : shown(part(record)))).join('')}\n`;
};
