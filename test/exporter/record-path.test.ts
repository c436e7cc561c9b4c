import { Writable } from 'node:stream';
import t from 'tap';
import type { FilterRule } from '../../exporter/meter/filter-rule.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { LineOutput } from '../../exporter/print/line-output.ts';
import { RecordPath } from '../../exporter/record-path.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { makeRecord, packetFlow } from '../support/printed-records.ts';

const address = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);

/** A path, and what comes out of it on either side. */
const makePath = (rules: readonly FilterRule[] = [], aggregate?: string) => {
  const exported: number[] = [];
  let printed = '';
  let endpoints = [{ address: address('192.0.2.10'), port: 4739, localPort: 50_000 }];
  const exporting = {
    export: (record: FlowRecord) => void exported.push(record.dstPort),
    endpoints: () => endpoints,
  };
  const out = new Writable({
    write: (chunk, _, done) => {
      printed += String(chunk);
      done();
    },
  });
  const output = new LineOutput(out, () => undefined);
  const path = new RecordPath({
    sink: { rules, aggregate },
    exporting,
    print: { output, format: (record) => `${record.dstPort} ${record.form}\n` },
  });
  return {
    path,
    exported,
    moveCollector: (text: string) => {
      endpoints = [{ address: address(text), port: 4739, localPort: 50_000 }];
    },
    printed: () => {
      output.flush();
      return printed;
    },
  };
};

const toCollector = (dstAddress: string): FlowRecord =>
  makeRecord({
    source: 'packets',
    protocol: 17,
    srcAddress: '10.0.0.1',
    dstAddress,
    srcPort: 50_000,
    dstPort: 4739,
  });

t.test('a record is exported and printed', async (t) => {
  const { path, exported, printed } = makePath();
  path.receive(packetFlow({ dstPort: 443 }));
  t.same(exported, [443]);
  t.equal(printed(), '443 flow\n');
  t.same(path.counters, { own: 0, denied: 0, exported: 1 });
});

t.test('our own datagrams are left out, also when a collector moves', async (t) => {
  const { path, exported, moveCollector } = makePath();
  path.receive(toCollector('192.0.2.10'));
  moveCollector('192.0.2.11');
  path.receive(toCollector('192.0.2.11'));
  path.receive(toCollector('192.0.2.10'));
  t.same(exported, [4739], 'what goes to where it was is traffic like any other');
  t.same(path.counters, { own: 2, denied: 0, exported: 1 });
});

t.test('rules decide', async (t) => {
  const { path, exported } = makePath([{ verdict: 'deny', text: 'port 53' }]);
  path.receive(packetFlow({ protocol: 17, dstPort: 53 }));
  path.receive(packetFlow({ protocol: 17, dstPort: 54 }));
  t.same(exported, [54]);
  t.equal(path.counters.denied, 1);
  t.throws(() => makePath([{ verdict: 'deny', text: 'prot 53' }]), ConfigError);
});

t.test('aggregates come at their end', async (t) => {
  const { path, exported, printed } = makePath([], 'window=1h');
  path.receive(packetFlow({ srcPort: 1001, dstPort: 443 }));
  path.receive(packetFlow({ srcPort: 1002, dstPort: 443 }));
  path.receive(packetFlow({ srcPort: 1003, dstPort: 444 }));
  t.same(exported, []);
  t.equal(path.finish(1), true, 'one at a time');
  t.equal(path.finish(100), false);
  t.same(exported.sort(), [443, 444]);
  t.match(printed(), /443 aggregate\n/);
  t.throws(() => makePath([], 'window=never'), ConfigError);
});
