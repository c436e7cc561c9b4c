/** What is known of processes, and what a proxy says of a request, for tests of records. */

import type { ProxyTrace, ProxyTuple } from '../../exporter/logs/proxy-trace.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { noId, type ProcessFacts } from '../../exporter/observe/process-facts.ts';
import { isIpv4Mapped, parseAddress } from '../../shared/wire/address.ts';
import { makeTestRecord, type RecordSpec } from './flow-records.ts';

export const curl: ProcessFacts = {
  quality: 3,
  pid: 2354,
  uid: 1000,
  gid: 1000,
  name: 'curl',
  user: 'alice',
  command: 'curl -s ipv6.google.com',
  cgroup: '/user.slice/a.service',
  cgroupId: 4711,
  containerId: '',
};

/** All that the kernel says of a socket without /proc. */
export const onlyUid: ProcessFacts = {
  ...{ quality: 1, pid: 0, uid: 33, gid: noId, name: '', user: '', command: '' },
  ...{ cgroup: '', cgroupId: 0, containerId: '' },
};

/** Addresses as text, source first. */
export type TupleText = readonly [src: string, srcPort: number, dst: string, dstPort: number];

const octets = (text: string): Uint8Array => {
  const address = parseAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return address;
};

const tuple = ([src, srcPort, dst, dstPort]: TupleText): ProxyTuple => ({
  src: octets(src),
  srcPort,
  dst: octets(dst),
  dstPort,
});

interface TraceSpec extends Partial<Omit<ProxyTrace, 'front' | 'back' | 'client'>> {
  readonly front?: TupleText;
  readonly back?: TupleText;
  readonly client?: string | undefined;
}

/** 2026-01-02T03:04:05.000006Z. */
const atMicros = 1_767_323_045_000_006;

/** From 198.51.100.7 to the proxy 192.0.2.1, and from its inner side 10.0.0.1 to 10.0.0.9. */
export const makeTrace = ({ front, back, client, ...more }: TraceSpec = {}): ProxyTrace => ({
  atMicros,
  front: tuple(front ?? ['198.51.100.7', 52000, '192.0.2.1', 443]),
  back: tuple(back ?? ['10.0.0.1', 40001, '10.0.0.9', 8080]),
  requestId: 'aRdK@w',
  sessionId: 'S-1',
  mapping: 'shop',
  host: 'waf1',
  ...more,
  client: client === undefined ? undefined : octets(client),
});

/** As metering hands it on. */
export const traceRecord = (trace: ProxyTrace, more: RecordSpec = {}): FlowRecord => {
  const { front, back } = trace;
  const record = makeTestRecord({
    ...{ form: 'trace', source: 'proxy', protocol: 6, trace, hasCounters: false, isTranslated: true },
    family: isIpv4Mapped(front.src, 0) ? 4 : 6,
    endMicros: trace.atMicros,
    ...{ srcPort: front.srcPort, dstPort: front.dstPort },
    ...{ postSrcPort: back.srcPort, postDstPort: back.dstPort },
    ...more,
  });
  record.srcAddress.set(front.src);
  record.dstAddress.set(front.dst);
  record.postSrcAddress.set(back.src);
  record.postDstAddress.set(back.dst);
  return record;
};
