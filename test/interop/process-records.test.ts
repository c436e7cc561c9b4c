/** Records with texts of variable length, as tshark reads them: processes under ntop's elements, traces of proxies. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pcapOfDatagrams } from '../support/capture-builder.ts';
import { natFlow } from '../support/flow-records.ts';
import { hasPeers } from '../support/peers.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../support/processes.ts';
import { runTshark } from '../support/said-by-tshark.ts';
import { rigMs, SessionRig } from '../support/session-rig.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const nginx = { ...curl, pid: 80, uid: 33, name: 'nginx', user: 'www-data', command: 'x'.repeat(300) };
const records = [
  natFlow({ form: 'event', isTranslated: false, srcProcess: curl, dstProcess: nginx }),
  natFlow({ form: 'event', isTranslated: false, srcProcess: onlyUid }),
  natFlow({ isTranslated: false, dstProcess: nginx }),
  traceRecord(makeTrace({ client: '203.0.113.9' })),
  traceRecord(makeTrace({ back: ['2001:db8::1', 40001, '2001:db8::9', 8080] })),
];

const ntop = (name: string): string => `cflow.pie.ntop.${name}`;
/** tshark 4.0 has no fields for user ids and command lines, and calls the octets of each element that it does not know the same. */
const fields = [
  ...[ntop('src_proc_id'), ntop('src_proc_name'), ntop('src_proc_user_name')],
  ...[ntop('dst_proc_pid'), ntop('dst_proc_name'), ntop('dst_proc_user_name')],
  ...['cflow.srcaddr', 'cflow.post_natsource_ipv4_address', 'cflow.post_nat_source_ipv6_address'],
];

for (const mtu of [1472, 484]) {
  t.test(`tshark reads processes and traces, in Messages of ${mtu} octets`, async (t) => {
    if (!hasPeers(t, 'tshark')) return;
    const { session, sent } = new SessionRig();
    session.payloadBytes = mtu;
    session.start(rigMs);
    for (const record of records) session.export(record, rigMs);
    session.tick(rigMs + 500);
    const before = sent.length;
    for (const [i, record] of records.entries()) {
      session.export(record, rigMs + 1000 * (i + 1));
      session.tick(rigMs + 1000 * (i + 1) + 500);
    }
    const file = join(temporaryDirectory(t), 'sent.pcap');
    writeFileSync(file, pcapOfDatagrams(...sent));
    const complaints = runTshark(file, ['_ws.expert.message']).flat();
    t.same([...new Set(complaints)], ['']);
    const from = '10.0.0.1';
    t.same(runTshark(file, fields).slice(before), [
      ['2354', 'curl', 'alice', '80', 'nginx', 'www-data', from, '', ''],
      ['0', '', '', '', '', '', from, '', ''],
      ['', '', '', '80', 'nginx', 'www-data', from, '', ''],
      ['', '', '', '', '', '', '198.51.100.7', '10.0.0.1', ''],
      ['', '', '', '', '', '', '198.51.100.7', '', '2001:db8::1'],
    ]);
  });
}
