/**
 * Turns requests that a proxy passed on into records: one each, as soon as it is read. A proxy is a middlebox, so the connection behind
 * it is the translation of the one in front.
 */

import { isIpv4Mapped } from '../../shared/wire/address.ts';
import type { ProxyTrace } from '../logs/proxy-trace.ts';
import { type FlowReceiver, type FlowRecord, makeFlowRecord } from './flow-record.ts';

const tcp = 6;

export class TraceMeter {
  traces = 0;
  readonly #record: FlowRecord = makeFlowRecord();
  readonly #receive: FlowReceiver;

  constructor(receive: FlowReceiver) {
    const record = this.#record;
    record.form = 'trace';
    record.source = 'proxy';
    record.event = 'new';
    record.protocol = tcp;
    record.isTranslated = true;
    record.hasCounters = false;
    this.#receive = receive;
  }

  trace(trace: ProxyTrace): void {
    const { front, back } = trace;
    const record = this.#record;
    this.traces++;
    record.family = isIpv4Mapped(front.src, 0) && isIpv4Mapped(front.dst, 0) ? 4 : 6;
    record.srcAddress.set(front.src);
    record.dstAddress.set(front.dst);
    record.srcPort = front.srcPort;
    record.dstPort = front.dstPort;
    record.postSrcAddress.set(back.src);
    record.postDstAddress.set(back.dst);
    record.postSrcPort = back.srcPort;
    record.postDstPort = back.dstPort;
    record.endMicros = trace.atMicros;
    record.trace = trace;
    this.#receive(record);
  }
}
