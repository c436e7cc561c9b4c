/** What a record says, under names of our own, so that what others read in it can be compared. */

import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { isIcmp } from '../../exporter/print/is-icmp.ts';
import { formatAddress } from '../../shared/wire/address.ts';

/** Names to values; zeros and empty texts are left out, since many readers do not tell them from what is not there. */
export type SaidFlow = Readonly<Record<string, string | number>>;

export const saidFlow = (values: Readonly<Record<string, string | number | undefined>>): SaidFlow =>
  Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string | number] =>
        entry[1] !== undefined && entry[1] !== 0 && entry[1] !== '' && entry[1] !== '::',
    ),
  );

/** One line a record, in an order of its own: differences are easily seen. */
export const saidLine = (said: SaidFlow): string =>
  Object.entries(said)
    .map(([name, value]) => `${name} ${value}`)
    .sort()
    .join(', ');

const endsOf = (r: FlowRecord): Record<string, string | number> => {
  const hasPorts = !isIcmp(r);
  return {
    src: formatAddress(r.srcAddress, 0),
    dst: formatAddress(r.dstAddress, 0),
    proto: r.protocol,
    ...(hasPorts ? { srcPort: r.srcPort, dstPort: r.dstPort } : { icmp: r.icmpType * 256 + r.icmpCode }),
  };
};

const translationOf = (r: FlowRecord): Record<string, string | number> => ({
  postSrc: formatAddress(r.postSrcAddress, 0),
  postDst: formatAddress(r.postDstAddress, 0),
  ...(isIcmp(r) ? {} : { postSrcPort: r.postSrcPort, postDstPort: r.postDstPort }),
});

const countersOf = (r: FlowRecord): Record<string, number> => ({
  octets: r.octets,
  packets: r.packets,
  reverseOctets: r.reverseOctets,
  reversePackets: r.reversePackets,
});

const totalsOf = (r: FlowRecord): Record<string, number> => ({
  totalOctets: r.totalOctets,
  totalPackets: r.totalPackets,
  reverseTotalOctets: r.reverseTotalOctets,
  reverseTotalPackets: r.reverseTotalPackets,
});

const aggregateOf = (r: FlowRecord): Record<string, number> => ({
  srcMask: r.srcPrefixLength,
  dstMask: r.dstPrefixLength,
  flows: r.flowsPresent,
  present: r.flowsPresent,
  initiated: r.flowsInitiated,
  completed: r.flowsCompleted,
  sources: r.distinctSources,
  destinations: r.distinctDestinations,
});

const packetsOf = (r: FlowRecord): Record<string, number> => ({
  tos: r.tos,
  inInterface: r.inInterface,
  vlan: r.vlan,
  innerVlan: r.innerVlan,
  minLength: r.minLength,
  maxLength: r.maxLength,
  minTtl: r.minTtl,
  maxTtl: r.maxTtl,
});

const flowIdOf = (r: FlowRecord): string => ((BigInt(r.flowIdHigh) << 32n) | BigInt(r.flowIdLow)).toString();

/** Milliseconds; events have one time. */
const timesOf = (r: FlowRecord): Record<string, number> => {
  const endMs = Math.floor(r.endMicros / 1000);
  if (r.form === 'event' || r.form === 'nat-event') return { eventMs: endMs };
  return { startMs: Math.floor(r.startMicros / 1000), endMs };
};

/** All that a record of metering says when it is exported as IPFIX. */
export const truthOf = (r: FlowRecord): SaidFlow => {
  const isFlow = r.form === 'flow';
  const isConntrack = r.source === 'conntrack' && r.form !== 'aggregate';
  return saidFlow({
    ...endsOf(r),
    ...timesOf(r),
    ...(r.isTranslated && isConntrack ? translationOf(r) : {}),
    ...(r.hasCounters && (isFlow || r.form === 'aggregate') ? countersOf(r) : {}),
    ...(r.hasCounters && isFlow ? totalsOf(r) : {}),
    ...(isFlow && r.source === 'packets' ? packetsOf(r) : {}),
    ...(r.form === 'aggregate' ? aggregateOf(r) : { flowId: flowIdOf(r) }),
    ...(r.protocol === 6 && (isFlow || r.form === 'event')
      ? { flags: r.tcpFlags, reverseFlags: r.reverseTcpFlags }
      : {}),
    ...(isFlow ? { endReason: r.endReason } : {}),
    ...(r.form === 'nat-event' ? { natEvent: r.natEvent } : {}),
    ...(isConntrack ? { zone: r.zone } : {}),
    ...(isConntrack && r.form !== 'nat-event' ? { mark: r.mark, firewallEvent: r.firewallEvent } : {}),
  });
};
