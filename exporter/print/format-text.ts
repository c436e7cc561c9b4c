/**
 * Records for people: aligned columns, units, and words for what is unusual. Counters are of the record, since the one before it
 * of the same flow; programs are better served by JSON.
 */

import { formatBytes, formatCount, formatDuration } from '../../shared/service/format-quantity.ts';
import { isIpv4Mapped } from '../../shared/wire/address.ts';
import { formatMillis } from '../../shared/wire/timestamp.ts';
import type { ProxyTrace } from '../logs/proxy-trace.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { stateNames, statusBits } from '../observe/connection.ts';
import type { ProcessFacts } from '../observe/process-facts.ts';
import { addressText, networkText } from './address-text.ts';
import { endReasonWord } from './end-reason-word.ts';
import { escapeName } from './escape-name.ts';
import { escapeText } from './escape-text.ts';
import { type EventWord, eventWord } from './event-word.ts';
import { isIcmp } from './is-icmp.ts';
import { processQualityWord } from './process-quality-word.ts';
import { protocolName } from './protocol-name.ts';

/** SGR parameters. Ends are most of the lines, and stay as the terminal writes. */
const colours: Readonly<Record<EventWord, number>> = {
  new: 32,
  update: 33,
  interim: 36,
  destroy: 39,
  aggregate: 35,
  trace: 34,
};

/** An IPv4 address with its port fits; IPv6 addresses push the rest of their line to the right, as most are shorter. */
const endPlaces = 21;
/** `nat destroy`. */
const eventPlaces = 11;

const withPort = (family: 4 | 6, address: string, port: number): string =>
  family === 6 ? `[${address}]:${port}` : `${address}:${port}`;

const formatEnds = (
  family: 4 | 6,
  src: Uint8Array,
  srcPort: number,
  dst: Uint8Array,
  dstPort: number,
): readonly [src: string, dst: string] => {
  const [from, to] = [addressText(family, src), addressText(family, dst)];
  return srcPort === 0 && dstPort === 0
    ? [from, to]
    : [withPort(family, from, srcPort), withPort(family, to, dstPort)];
};

const endsOf = (record: FlowRecord): readonly [src: string, dst: string] => {
  const { form, family, srcAddress, dstAddress, srcPort, dstPort } = record;
  if (form !== 'aggregate') return formatEnds(family, srcAddress, srcPort, dstAddress, dstPort);
  const dst = networkText(family, dstAddress, record.dstPrefixLength);
  return [
    networkText(family, srcAddress, record.srcPrefixLength),
    dstPort === 0 ? dst : withPort(family, dst, dstPort),
  ];
};

const traceBack = ({ back }: ProxyTrace): string => {
  const family = isIpv4Mapped(back.src, 0) && isIpv4Mapped(back.dst, 0) ? 4 : 6;
  return formatEnds(family, back.src, back.srcPort, back.dst, back.dstPort).join(' -> ');
};

const translationOf = (record: FlowRecord): string => {
  // Behind a proxy may be the other family: the octets tell it, as they are those of a socket.
  if (record.trace !== undefined) return `[as ${traceBack(record.trace)}]`;
  const { family, postSrcAddress, postSrcPort, postDstAddress, postDstPort } = record;
  return `[as ${formatEnds(family, postSrcAddress, postSrcPort, postDstAddress, postDstPort).join(' -> ')}]`;
};

const counted = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

/** What an operator would look for in a connection. */
const connectionWords = (record: FlowRecord): string[] => {
  const { form, event, status, mark, zone, helper } = record;
  const words: string[] = [];
  // A log may say nothing of the status.
  if (form !== 'nat-event' && event !== 'new' && status !== 0 && (status & statusBits.seenReply) === 0)
    words.push('unanswered');
  // The kernel's counters stand still while hardware or a flow table forwards (unless that counts itself).
  if ((status & (statusBits.offload | statusBits.hardwareOffload)) !== 0) words.push('offloaded');
  if (zone !== 0) words.push(`zone ${zone}`);
  if (mark !== 0) words.push(`mark 0x${mark.toString(16)}`);
  if (helper !== '') words.push(`helper ${escapeName(helper)}`);
  return words;
};

const flowWords = (record: FlowRecord): string[] => {
  const words: string[] = [];
  if (isIcmp(record)) words.push(`type ${record.icmpType} code ${record.icmpCode}`);
  const stateName = record.state === 0 ? undefined : stateNames[record.protocol]?.[record.state];
  if (stateName !== undefined) words.push(stateName);
  const reason = record.form === 'flow' ? endReasonWord(record.endReason) : '';
  if (reason !== '') words.push(reason);
  return record.source === 'conntrack' ? [...words, ...connectionWords(record)] : words;
};

const aggregateWords = (record: FlowRecord): string[] => [
  `${counted(record.flowsPresent, 'flow')} (${formatCount(record.flowsInitiated)} began, ${formatCount(record.flowsCompleted)} ended)`,
  counted(record.distinctSources, 'source'),
  counted(record.distinctDestinations, 'destination'),
];

/** `2354 curl (exact)`, `/system.slice/nginx.service (cgroup only)`, `uid 1000 alice (uid only)`. */
const processWords = (facts: ProcessFacts): string => {
  const service = facts.cgroup === '' ? `uid ${facts.uid} ${facts.user}` : facts.cgroup;
  const who = facts.pid === 0 ? service : `${facts.pid} ${facts.name}`;
  return `${escapeText(who).trimEnd()} (${processQualityWord(facts.quality)})`;
};

const wordsOf = (record: FlowRecord): string => {
  const { isTranslated, srcProcess, dstProcess, trace } = record;
  return [
    (record.form === 'aggregate' ? aggregateWords(record) : flowWords(record)).join(', '),
    isTranslated ? translationOf(record) : '',
    trace === undefined || trace.requestId === '' ? '' : `request ${escapeText(trace.requestId)}`,
    srcProcess === undefined ? '' : `by ${processWords(srcProcess)}`,
    dstProcess === undefined ? '' : `to ${processWords(dstProcess)}`,
  ]
    .filter((words) => words !== '')
    .join(' ');
};

const eventLabel = (record: FlowRecord, word: EventWord): string => {
  if (record.form === 'nat-event') return `nat ${word}`;
  return record.source === 'packets' && word === 'destroy' ? 'flow' : word;
};

/** Columns up to the ends, and from there. */
const joinColumns = (
  head: readonly [time: string, event: string, protocol: string, src: string, dst: string],
  counters: readonly [packets: string, bytes: string, replyPackets: string, replyBytes: string],
  duration: string,
  words: string,
): string => {
  const [time, event, protocol, src, dst] = head;
  const [packets, bytes, replyPackets, replyBytes] = counters;
  const line =
    `${time.padEnd(24)} ${event} ${protocol.padEnd(7)} ${src.padStart(endPlaces)} -> ${dst.padEnd(endPlaces)} ` +
    `${packets.padStart(7)} ${bytes.padStart(9)} ${replyPackets.padStart(7)} ${replyBytes.padStart(9)} ` +
    `${duration.padStart(11)}  ${words}`;
  return `${line.trimEnd()}\n`;
};

/** The names of the columns, with a newline. */
export const textHeader = (): string =>
  joinColumns(
    ['TIME (UTC)', 'EVENT'.padEnd(eventPlaces), 'PROTO', 'SOURCE', 'DESTINATION'],
    ['PACKETS', 'BYTES', 'REPLIES', 'BYTES'],
    'DURATION',
    'STATE, END, [TRANSLATION], PROCESS',
  );

/** Makes the printer of one line a record, with its newline. */
export const formatText =
  ({ colour }: { readonly colour: boolean }): ((record: FlowRecord) => string) =>
  (record) => {
    const { form, startMicros, endMicros } = record;
    const word = eventWord(record);
    const padded = eventLabel(record, word).padEnd(eventPlaces);
    const hasLasted = form === 'flow' || form === 'aggregate';
    return joinColumns(
      [
        formatMillis(Math.floor(endMicros / 1e3)) ?? '-',
        colour ? `\u001b[${colours[word]}m${padded}\u001b[0m` : padded,
        protocolName(record.protocol),
        ...endsOf(record),
      ],
      hasLasted && record.hasCounters
        ? [
            formatCount(record.packets),
            formatBytes(record.octets),
            formatCount(record.reversePackets),
            formatBytes(record.reverseOctets),
          ]
        : ['', '', '', ''],
      hasLasted && startMicros !== 0 ? formatDuration((endMicros - startMicros) / 1e3) : '',
      wordsOf(record),
    );
  };
