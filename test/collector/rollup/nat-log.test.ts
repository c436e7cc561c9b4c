import t from 'tap';
import { natLogColumns, natLogSelect } from '../../../collector/rollup/nat-log.ts';
import { hasPeers } from '../../support/peers.ts';
import { type FlowRow, flowRow, startRollupRig, tenOClock } from '../../support/rollup-rig.ts';

const at = tenOClock;
const snat = { post_nat_src_addr: '::ffff:203.0.113.1', post_nat_src_port: 53_500 };
const rowsOf = `SELECT toString(public_addr) AS public, is_block AS block, first_port AS first, last_port AS last, proto, kind, phase, event,
toString(inside_addr) AS inside, inside_port, toString(remote_addr) AS remote, remote_port, bytes_out, bytes_in, packets_out, packets_in,
(toUnixTimestamp64Micro(started) - ${at}) / 1000000 AS started, (toUnixTimestamp64Micro(ended) - ${at}) / 1000000 AS ended`;

t.test('who had which address and port', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const rig = await startRollupRig(t);
  const said = async (...rows: readonly FlowRow[]): Promise<unknown[]> => {
    await rig.reset();
    await rig.put(...rows);
    await rig.catchUp();
    const stored = await rig.sql(`${rowsOf} FROM nat_log ORDER BY kind, first`);
    t.same(
      await rig.sql(`${rowsOf} FROM (${natLogSelect('1')}) ORDER BY kind, first`),
      stored,
      'flows say the same',
    );
    return stored;
  };
  const whole = { reverse_bytes: 5000, reverse_packets: 50 };

  await t.test('source translated', async (t) => {
    const source = {
      ...{
        public: '::ffff:203.0.113.1',
        block: false,
        first: 53_500,
        last: 53_500,
        proto: 6,
        kind: 'snat',
        phase: 'interval',
        event: 0,
      },
      ...{ inside: '::ffff:10.0.0.1', inside_port: 40_000, remote: '::ffff:198.51.100.1', remote_port: 443 },
      ...{ bytes_out: '1000', bytes_in: '5000', packets_out: '10', packets_in: '50', started: 10, ended: 20 },
    };
    t.same(await said(flowRow(at + 10e6, at + 20e6, { ...snat, ...whole })), [source]);
    t.match(
      await said(flowRow(at, at, { ...snat, post_nat_src_port: 0 })),
      [{ first: 40_000, last: 40_000, inside_port: 40_000 }],
      'port 0: as it was',
    );
    t.match(
      await said(flowRow(at, at, { post_nat_src_addr: '::ffff:10.0.0.1', post_nat_src_port: 1025 })),
      [{ public: '::ffff:10.0.0.1', first: 1025, inside_port: 40_000 }],
      'the port alone',
    );
  });

  await t.test('not translated', async (t) => {
    t.same(
      await said(
        flowRow(at, at),
        flowRow(at, at, {
          post_nat_src_addr: '::ffff:0.0.0.0',
          post_nat_dst_addr: '::ffff:0.0.0.0',
          post_nat_src_port: 1,
        }),
        flowRow(at, at, { post_nat_src_addr: '::ffff:10.0.0.1', post_nat_src_port: 40_000 }),
        flowRow(at, at, { post_nat_dst_addr: '::ffff:198.51.100.1', post_nat_dst_port: 0 }),
      ),
      [],
    );
  });

  await t.test('destination translated, and both', async (t) => {
    const dnat = { post_nat_dst_addr: '::ffff:10.0.0.80', post_nat_dst_port: 8443 };
    const ends = { src_addr: '::ffff:198.51.100.7', src_port: 1234, dst_addr: '::ffff:203.0.113.9' };
    const destination = {
      ...{
        public: '::ffff:203.0.113.9',
        first: 443,
        kind: 'dnat',
        inside: '::ffff:10.0.0.80',
        inside_port: 8443,
      },
      ...{ remote: '::ffff:198.51.100.7', remote_port: 1234, bytes_out: '5000', bytes_in: '1000' },
    };
    t.match(await said(flowRow(at, at, { ...ends, ...dnat, ...whole })), [destination]);
    t.match(await said(flowRow(at, at, { ...ends, ...dnat, ...snat, ...whole })), [
      { kind: 'snat', inside: '::ffff:198.51.100.7', remote: '::ffff:10.0.0.80', remote_port: 8443 },
      destination,
    ]);
  });

  await t.test('events', async (t) => {
    const event = { record_kind: 'event', bytes: 0, packets: 0, ...snat };
    t.match(
      await said(
        flowRow(at, at, { ...event, nat_event: 4, post_nat_src_port: 1 }),
        flowRow(at + 5e6, at + 5e6, { ...event, nat_event: 5, post_nat_src_port: 2 }),
        flowRow(at, at, { ...event, firewall_event: 1, post_nat_src_port: 3 }),
        flowRow(at, at, { ...event, firewall_event: 2, post_nat_src_port: 4 }),
        flowRow(at, at, { ...event, firewall_event: 5, post_nat_src_port: 5 }),
      ),
      [
        { phase: 'begin', event: 4, started: 0 },
        { phase: 'end', event: 5, started: 5 },
        { phase: 'begin', event: 0 },
        { phase: 'end', event: 0 },
        { phase: 'other', event: 0 },
      ],
    );
  });

  await t.test('blocks of ports, and whole addresses', async (t) => {
    const block = {
      record_kind: 'event',
      post_nat_src_addr: '::ffff:203.0.113.1',
      dst_addr: '::',
      proto: 0,
      src_port: 0,
      dst_port: 0,
    };
    t.match(
      await said(
        flowRow(at, at, { ...block, nat_event: 16, extra: { portRangeStart: '1024', portRangeEnd: '1535' } }),
        flowRow(at, at, {
          ...block,
          nat_event: 17,
          extra: { portRangeStart: '2048', portRangeNumPorts: '512' },
        }),
        flowRow(at, at, { ...block, nat_event: 14, src_addr: '::ffff:10.0.0.2' }),
      ),
      [
        { block: true, first: 0, last: 65_535, phase: 'begin', event: 14, inside: '::ffff:10.0.0.2' },
        {
          block: true,
          first: 1024,
          last: 1535,
          phase: 'begin',
          event: 16,
          inside: '::ffff:10.0.0.1',
          remote: '::',
        },
        { block: true, first: 2048, last: 2559, phase: 'end', event: 17 },
      ],
    );
  });
  t.equal(new Set(natLogColumns).size, natLogColumns.length);
});
