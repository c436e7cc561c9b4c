/** What happened at a gateway on one day, one of each kind: of these the answers are known by hand. */

import type { FlowRow } from './ask-ledger.ts';
import { natEvent, natFlow } from './nat-ask-ledger.ts';

const server = '19.1.16.7 443';
const outside = '1.2.3.4 53500';

export const natTruth: readonly FlowRow[] = [
  // A port that another host has a minute later, towards the same server.
  natFlow({ from: '10:00:00', to: '10:01:00', src: '192.168.1.129 53400', dst: server, postSrc: outside }),
  natFlow({ from: '10:02:00', to: '10:03:00', src: '192.168.1.7 40000', dst: server, postSrc: outside }),
  // A connection in three records, with events.
  ...['10:10:00', '10:11:00'].map((to) =>
    natFlow({
      ...{ from: '10:09:00', to, src: '192.168.1.8 1111', dst: server, postSrc: '1.2.3.4 2001' },
      more: { record_kind: 'interim', flow_id: '900', end_reason: 2, vrf_in: 7 },
    }),
  ),
  natFlow({
    ...{ from: '10:09:00', to: '10:11:30', src: '192.168.1.8 1111', dst: server, postSrc: '1.2.3.4 2001' },
    more: { flow_id: '900', end_reason: 3, vrf_in: 7 },
  }),
  natEvent(4, {
    ...{ from: '10:09:00.2', src: '192.168.1.8 1111', dst: server, postSrc: '1.2.3.4 2001' },
    more: { flow_id: '900', vrf_in: 7 },
  }),
  natEvent(5, {
    ...{ from: '10:13:30', src: '192.168.1.8 1111', dst: server, postSrc: '1.2.3.4 2001' },
    more: { flow_id: '900', vrf_in: 7 },
  }),
  // Beginnings only.
  natEvent(4, { from: '11:00:00', src: '192.168.1.9 2222', dst: server, postSrc: '1.2.3.4 3001' }),
  natEvent(4, { from: '11:30:00', src: '192.168.1.10 3333', dst: server, postSrc: '1.2.3.4 3001' }),
  natEvent(5, { from: '11:40:00', src: '192.168.1.10 3333', dst: server, postSrc: '1.2.3.4 3001' }),
  // Destination NAT: a service of two servers.
  natFlow({
    from: '12:00:00',
    to: '12:00:09',
    src: '8.8.4.4 1000',
    dst: '1.2.3.5 443',
    postDst: '172.16.0.1 8443',
  }),
  natFlow({
    from: '12:00:00',
    to: '12:00:09',
    src: '8.8.4.4 1001',
    dst: '1.2.3.5 443',
    postDst: '172.16.0.2 8443',
  }),
  // Both: the server sees 1.2.3.6:6000 and is 172.16.0.3:80 itself.
  natFlow({
    ...{ from: '12:10:00', to: '12:10:09', src: '192.168.1.11 4444', dst: '1.2.3.7 80' },
    ...{ postSrc: '1.2.3.6 6000', postDst: '172.16.0.3 8080' },
  }),
  // ICMP has no ports.
  natFlow({
    ...{ from: '12:20:00', to: '12:20:05', src: '192.168.1.12', dst: '9.9.9.9', postSrc: '1.2.3.8' },
    more: { proto: 1, icmp_type_code: 2048 },
  }),
  // NAT66.
  natFlow({
    ...{
      from: '12:30:00',
      to: '12:30:05',
      src: 'fd00::5 5555',
      dst: '2001:db8:9::9 443',
      postSrc: '2001:db8:1::1 5556',
    },
    more: { proto: 17 },
  }),
  // A block of ports.
  natEvent(16, {
    ...{ from: '08:00:00', src: '100.64.0.20', postSrc: '1.2.3.9' },
    more: { proto: 0, extra: { portRangeStart: '1024', portRangeEnd: '2047' } },
  }),
  natEvent(17, {
    ...{ from: '13:00:00', src: '100.64.0.20', postSrc: '1.2.3.9' },
    more: { proto: 0, extra: { portRangeStart: '1024', portRangeEnd: '2047' } },
  }),
  // A host with an address of its own.
  natFlow({ from: '12:00:00', to: '12:00:30', src: '198.51.100.77 7777', dst: server }),
  // Cisco ASA: created, and torn down with counters.
  natEvent(0, {
    ...{ from: '14:00:00', src: '192.168.1.30 3030', dst: server, postSrc: '1.2.3.10 3031' },
    more: { firewall_event: 1, flow_id: '42' },
  }),
  natFlow({
    ...{ from: '14:00:00', to: '14:20:00', src: '192.168.1.30 3030', dst: server, postSrc: '1.2.3.10 3031' },
    more: { firewall_event: 2, flow_id: '42' },
  }),
  // Denied: nothing was translated.
  natEvent(0, {
    ...{ from: '14:30:00', src: '192.168.1.31 3030', dst: server, postSrc: '1.2.3.10 3032' },
    more: { firewall_event: 3 },
  }),
];
