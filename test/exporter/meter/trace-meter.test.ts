import t from 'tap';
import type { ProxyTrace } from '../../../exporter/logs/proxy-trace.ts';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { TraceMeter } from '../../../exporter/meter/trace-meter.ts';
import { formatAddress, parseAddress } from '../../../shared/wire/address.ts';

const address = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);

const trace = (more: Partial<ProxyTrace> = {}): ProxyTrace => ({
  atMicros: 1_701_872_375_763_000,
  front: { src: address('172.18.60.2'), srcPort: 18982, dst: address('172.18.60.225'), dstPort: 80 },
  back: { src: address('172.18.98.225'), srcPort: 54444, dst: address('172.18.98.50'), dstPort: 8080 },
  requestId: 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA',
  sessionId: '8fda8ccee7d2a555c910cf9d2d5afb5e',
  mapping: 'root',
  client: address('172.18.60.2'),
  host: 'lesbos',
  ...more,
});

t.test('a trace is a record: in front its ends, behind the translated ones', async (t) => {
  const seen: FlowRecord[] = [];
  const addresses: string[] = [];
  const meter = new TraceMeter((record) => {
    seen.push({ ...record });
    for (const key of ['srcAddress', 'dstAddress', 'postSrcAddress', 'postDstAddress'] as const)
      addresses.push(formatAddress(record[key], 0));
  });
  meter.trace(trace());
  const common = {
    form: 'trace',
    source: 'proxy',
    event: 'new',
    protocol: 6,
    isTranslated: true,
    hasCounters: false,
    firewallEvent: 0,
  };
  t.match(seen[0], {
    ...common,
    family: 4,
    srcPort: 18982,
    dstPort: 80,
    postSrcPort: 54444,
    postDstPort: 8080,
    startMicros: 0,
    endMicros: 1_701_872_375_763_000,
    trace: { requestId: 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA' },
  });
  t.same(addresses, ['172.18.60.2', '172.18.60.225', '172.18.98.225', '172.18.98.50']);
  const front = { src: address('2001:db8::2'), srcPort: 1, dst: address('2001:db8::80'), dstPort: 443 };
  meter.trace(trace({ front, requestId: 'another' }));
  t.match(seen[1], { ...common, family: 6, srcPort: 1, dstPort: 443, trace: { requestId: 'another' } });
  t.equal(meter.traces, 2);
});
