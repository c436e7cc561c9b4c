/** Traces of a proxy, from the wire to the rollups: events that tell who had which address, and no flows. */

import t from 'tap';
import { connectionsSelect } from '../../collector/rollup/connections.ts';
import { DecoderRig } from '../support/decoder-rig.ts';
import { announcement } from '../support/element-announcement.ts';
import { ipfix, type Specifier, set, templateRecord, u64 } from '../support/message-hex.ts';
import { hasPeers } from '../support/peers.ts';
import { flowRow, rollupColumns, startRollupRig, tenOClock } from '../support/rollup-rig.ts';
import type { Row } from '../support/row-reader.ts';

const tuples: readonly Specifier[] = [[323, 8], [8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [225, 4], [226, 4], [227, 2], [228, 2]]; // biome-ignore format: short
/** 192.0.2.1:50000 asks 192.0.2.100:443, and 10.0.0.1:40000 asks 10.0.0.2:8080 for it. */
const at = tenOClock + 1e6;
const trace = `${u64(at / 1000)} c0000201 c0000264 c350 01bb 06 0a000001 0a000002 9c40 1f90 02 4142`;

const decoded = (): Row =>
  new DecoderRig()
    .send(
      ipfix(
        { seconds: at / 1e6 },
        ...announcement([32473, 30, 13, 'proxyRequestId']),
        set(2, templateRecord(256, [...tuples, [30, 65535, 32473]])),
        set(256, trace),
      ),
      { micros: at + 2e6 },
    )
    .row();

const stored = (row: Row): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    rollupColumns.map((name) => [name, typeof row[name] === 'bigint' ? Number(row[name]) : row[name]]),
  );

t.test('a trace is no flow, and tells of two translations', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const row = decoded();
  t.match(row, { request_id: 'AB', extra: {} });
  const rig = await startRollupRig(t);
  await rig.put({ ...stored(row), collector: 'c-1' }, flowRow(at, at + 1e6, { flow_id: 5 }));
  await rig.catchUp();
  t.same(await rig.sql("SELECT record_kind FROM flows WHERE record_kind = 'event'"), [{ record_kind: 'event' }]); // biome-ignore format: short
  const counts = {
    ...{
      flows_1m: 'sum(flows) FROM flows_1m WHERE about = 0',
      flows_1h: 'sum(flows) FROM flows_1h WHERE about = 0',
    },
    ...{
      host_activity: 'count() FROM host_activity',
      connections: `count() FROM (${connectionsSelect('1')})`,
    },
  };
  for (const [table, count] of Object.entries(counts))
    t.same(
      await rig.sql(`SELECT toUInt32(${count.replace(' FROM', ') AS n FROM')}`),
      [{ n: 1 }],
      `${table}: of the flow beside it`,
    );
  t.same(
    await rig.sql(
      `SELECT kind, phase, IPv6NumToString(public_addr) AS public, first_port, IPv6NumToString(inside_addr) AS inside, inside_port
FROM nat_log ORDER BY kind`,
    ),
    [
      { kind: 'snat', phase: 'other', public: '::ffff:10.0.0.1', first_port: 40_000, inside: '::ffff:192.0.2.1', inside_port: 50_000 },
      { kind: 'dnat', phase: 'other', public: '::ffff:192.0.2.100', first_port: 443, inside: '::ffff:10.0.0.2', inside_port: 8080 },
    ],
  ); // biome-ignore format: a table
});
