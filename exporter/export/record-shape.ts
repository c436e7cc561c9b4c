/**
 * The shape of a record: which fields it has, as bits of a small integer, so that the encoder for it is found without looking at
 * the record again. Bits that say nothing for a form of record are not set, so that there are few shapes.
 */

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
} as const;

const formBit = (form: FlowForm): number => {
  if (form === 'flow') return shapeBits.flow;
  if (form === 'event') return shapeBits.event;
  return form === 'nat-event' ? shapeBits.natEvent : shapeBits.aggregate;
};

const packetBits = (record: FlowRecord): number =>
  (record.inInterface === 0 ? 0 : shapeBits.interface) |
  (record.vlan === 0 ? 0 : shapeBits.vlan) |
  (record.innerVlan === 0 ? 0 : shapeBits.innerVlan) |
  (record.minLength === 0 ? 0 : shapeBits.details);

/** The bits that the record itself has; `uptime`, `forward` and `reverse` are the session's to say. */
export const shapeOf = (record: FlowRecord): number => {
  const { form, protocol } = record;
  let shape = formBit(form) | (record.family === 6 ? shapeBits.ipv6 : 0);
  if ((form === 'flow' || form === 'aggregate') && record.hasCounters) shape |= shapeBits.counters;
  if (form === 'aggregate') return shape | shapeBits.start;
  // RFC 4443 1: ICMPv6 is another protocol than ICMP, and each is only meant over its own IP.
  if (protocol === (record.family === 6 ? 58 : 1)) shape |= shapeBits.icmp;
  if (form !== 'nat-event' && protocol === 6) shape |= shapeBits.tcp;
  if (form === 'flow' && record.startMicros !== 0) shape |= shapeBits.start;
  if (record.source === 'packets') return form === 'flow' ? shape | packetBits(record) : shape;
  // A NAT event says the translation even where it leaves one end as it is (RFC 8158 5.3).
  if (record.isTranslated || form === 'nat-event') shape |= shapeBits.translated;
  const isTagged = record.zone !== 0 || (form !== 'nat-event' && record.mark !== 0);
  return shape | shapeBits.conntrack | (isTagged ? shapeBits.tagged : 0);
};
