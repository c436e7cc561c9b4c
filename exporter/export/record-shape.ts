/**
 * The shape of a record: which fields it has, as bits of a small integer, so that the encoder for it is found without looking at
 * the record again. Bits that say nothing for a form of record are not set, so that there are few shapes.
 */

import { isIpv4Mapped } from '../../shared/wire/address.ts';
import type { FlowForm, FlowRecord } from '../meter/flow-record.ts';

export const shapeBits = {
  flow: 1 << 0,
  event: 1 << 1,
  natEvent: 1 << 2,
  aggregate: 1 << 3,
  conntrack: 1 << 4,
  ipv6: 1 << 5,
  icmp: 1 << 6,
  tcp: 1 << 7,
  translated: 1 << 8,
  start: 1 << 9,
  counters: 1 << 10,
  /** A zone or a mark other than 0. */
  tagged: 1 << 11,
  interface: 1 << 12,
  vlan: 1 << 13,
  innerVlan: 1 << 14,
  /** Shortest and longest packet, lowest and highest TTL. */
  details: 1 << 15,
  /** NetFlow v9: the times of the record as differences to the boot. */
  uptime: 1 << 16,
  /** One of two records of a biflow (`uniflow`), with the ends as in the flow or swapped. */
  forward: 1 << 17,
  reverse: 1 << 18,
  /** What is `translated` has IPv6 addresses behind it: those in front of a proxy may be of the other family. */
  postIpv6: 1 << 19,
  trace: 1 << 20,
  /** The proxy says who its client is. */
  clientIpv4: 1 << 21,
  clientIpv6: 1 << 22,
  /** The process at that end is known. */
  srcProcess: 1 << 23,
  dstProcess: 1 << 24,
} as const;

const formBit = (form: FlowForm): number => {
  if (form === 'flow') return shapeBits.flow;
  if (form === 'event') return shapeBits.event;
  return form === 'nat-event' ? shapeBits.natEvent : shapeBits.aggregate;
};

/** Sockets of a proxy: a mapped address of theirs is IPv4. */
const traceShape = (record: FlowRecord): number => {
  const { trace, postSrcAddress, postDstAddress } = record;
  let shape: number = shapeBits.trace | (record.family === 6 ? shapeBits.ipv6 : 0);
  if (record.isTranslated) {
    const isIpv4 = isIpv4Mapped(postSrcAddress, 0) && isIpv4Mapped(postDstAddress, 0);
    shape |= shapeBits.translated | (isIpv4 ? 0 : shapeBits.postIpv6);
  }
  if (trace?.client === undefined) return shape;
  return shape | (isIpv4Mapped(trace.client, 0) ? shapeBits.clientIpv4 : shapeBits.clientIpv6);
};

const packetBits = (record: FlowRecord): number =>
  (record.inInterface === 0 ? 0 : shapeBits.interface) |
  (record.vlan === 0 ? 0 : shapeBits.vlan) |
  (record.innerVlan === 0 ? 0 : shapeBits.innerVlan) |
  (record.minLength === 0 ? 0 : shapeBits.details);

/** The bits that the record itself has; `uptime`, `forward` and `reverse` are the session's to say. */
export const shapeOf = (record: FlowRecord): number => {
  const { form, protocol } = record;
  if (form === 'trace') return traceShape(record);
  let shape = formBit(form) | (record.family === 6 ? shapeBits.ipv6 : 0);
  if ((form === 'flow' || form === 'aggregate') && record.hasCounters) shape |= shapeBits.counters;
  if (form === 'aggregate') return shape | shapeBits.start;
  // RFC 4443 1: ICMPv6 is another protocol than ICMP, and each is only meant over its own IP.
  if (protocol === (record.family === 6 ? 58 : 1)) shape |= shapeBits.icmp;
  if (form !== 'nat-event' && protocol === 6) shape |= shapeBits.tcp;
  if (form === 'flow' && record.startMicros !== 0) shape |= shapeBits.start;
  if (record.source === 'packets') return form === 'flow' ? shape | packetBits(record) : shape;
  // A NAT event says the translation even where it leaves one end as it is (RFC 8158 5.3).
  if (record.isTranslated || form === 'nat-event')
    shape |= shapeBits.translated | (record.family === 6 ? shapeBits.postIpv6 : 0);
  if (form !== 'nat-event')
    shape |=
      (record.srcProcess === undefined ? 0 : shapeBits.srcProcess) |
      (record.dstProcess === undefined ? 0 : shapeBits.dstProcess);
  const isTagged = record.zone !== 0 || (form !== 'nat-event' && record.mark !== 0);
  return shape | shapeBits.conntrack | (isTagged ? shapeBits.tagged : 0);
};
