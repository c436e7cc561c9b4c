/** A proxy whose requests are known, as its traces and the exporters around it tell of them: rows of `flows`. The first trace is the one of its manual. */

import type { FlowRow } from './ask-ledger.ts';

const mapped = (address: string): string => (address.includes(':') ? address : `::ffff:${address}`);
export const proxyDay = '2023-12-06';
export const proxyNow = Date.parse('2023-12-06T18:00:00Z') * 1000;

/** `172.18.60.2 18982` */
const end = (side: string, text: string): FlowRow => {
  const [address = '', port] = text.split(' ');
  return { [`${side}_addr`]: mapped(address), [`${side}_port`]: Number(port) };
};

export const front = ['172.18.60.2 18982', '172.18.60.225 80'] as const;
export const back = ['172.18.98.225 54444', '172.18.98.50 80'] as const;
export const seedRequest = 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA';
export const seedSession = '8fda8ccee7d2a555c910cf9d2d5afb5e';

export interface ToldTrace {
  /** `14:19:35.763` */
  readonly at: string;
  readonly request: string;
  readonly front?: readonly [src: string, dst: string];
  /** Undefined: the one of the manual; null: the proxy answered itself. */
  readonly back?: readonly [src: string, dst: string] | null;
  readonly session?: string;
  readonly client?: string;
}

/** `form`: where a collector puts what the proxy says, in columns or in `extra`. */
export const traceRow = (told: ToldTrace, form: 'extra' | 'columns' = 'extra'): FlowRow => {
  const { at, request, session = seedSession, client = '172.18.60.2' } = told;
  const [frontSrc, frontDst] = told.front ?? front;
  const behind = told.back === undefined ? back : told.back;
  const said =
    form === 'columns'
      ? {
          request_id: request,
          session_id: session,
          proxy_mapping: 'root',
          proxy_host: 'lesbos',
          client_addr: mapped(client),
        }
      : {
          extra: {
            '32473.proxyRequestId': request,
            '32473.proxySessionId': session,
            '32473.proxyMapping': 'root',
            '32473.proxyHost': 'lesbos',
            [client.includes(':') ? '32473.proxyClientIPv6Address' : '32473.proxyClientIPv4Address']: client,
          },
        };
  return {
    version: 10,
    exporter: mapped('10.0.0.9'),
    record_kind: 'event',
    time_source: 'event',
    proto: 6,
    flow_start: `${proxyDay} ${at}`,
    flow_end: `${proxyDay} ${at}`,
    ...end('src', frontSrc),
    ...end('dst', frontDst),
    ...(behind === null ? {} : { ...end('post_nat_src', behind[0]), ...end('post_nat_dst', behind[1]) }),
    ...said,
  };
};

export interface ToldFlow {
  readonly exporter: string;
  readonly from: string;
  readonly to: string;
  readonly src: string;
  readonly dst: string;
  readonly more?: FlowRow;
}

export const flowRow = ({ exporter, from, to, src, dst, more }: ToldFlow): FlowRow => ({
  version: 10,
  exporter: mapped(exporter),
  record_kind: 'flow',
  proto: 6,
  flow_start: `${proxyDay} ${from}`,
  flow_end: `${proxyDay} ${to}`,
  ...end('src', src),
  ...end('dst', dst),
  ...more,
});

export const natSource = (text: string): FlowRow => end('post_nat_src', text);

const over = { end_reason: 3, tcp_flags: 27, reverse_tcp_flags: 27 } as const;

/** Everybody but the proxy's own log. */
export const seenFlows = (): FlowRow[] => [
  // A router in front: the same ports were in use before, and are again later.
  flowRow({
    ...{ exporter: '10.0.0.1', from: '14:10:00', to: '14:12:00', src: front[0], dst: front[1] },
    more: { ...over, bytes: 11, packets: 1, reverse_bytes: 12, reverse_packets: 1 },
  }),
  flowRow({
    ...{ exporter: '10.0.0.1', from: '14:19:30', to: '14:19:36', src: front[0], dst: front[1] },
    more: { ...over, bytes: 1000, packets: 10, reverse_bytes: 2000, reverse_packets: 20 },
  }),
  flowRow({
    ...{ exporter: '10.0.0.1', from: '14:20:30', to: '14:26:00', src: front[0], dst: front[1] },
    more: { ...over, bytes: 13, packets: 1, reverse_bytes: 14, reverse_packets: 1 },
  }),
  // The gateway of the client: its own address is another one.
  flowRow({
    ...{ exporter: '10.0.0.3', from: '14:19:30', to: '14:19:36', src: '192.168.1.5 4000', dst: front[1] },
    more: {
      ...over,
      ...natSource(front[0]),
      bytes: 999,
      packets: 9,
      reverse_bytes: 1999,
      reverse_packets: 19,
    },
  }),
  // A router behind tells of each direction apart, sampled.
  flowRow({
    ...{ exporter: '10.0.0.2', from: '14:19:00', to: '14:19:50', src: back[0], dst: back[1] },
    more: { bytes: 50, packets: 5, sampling_rate: 10, tcp_flags: 2 },
  }),
  flowRow({
    ...{ exporter: '10.0.0.2', from: '14:19:00', to: '14:19:50', src: back[1], dst: back[0] },
    more: { bytes: 70, packets: 7, sampling_rate: 10, tcp_flags: 4 },
  }),
  // The connection tracking of the proxy itself: it goes on.
  flowRow({
    ...{ exporter: '10.0.0.4', from: '14:19:00.5', to: '14:19:00.5', src: back[0], dst: back[1] },
    more: { record_kind: 'event', time_source: 'event', flow_id: '77', firewall_event: 1 },
  }),
  flowRow({
    ...{ exporter: '10.0.0.4', from: '14:19:00.5', to: '14:20:00', src: back[0], dst: back[1] },
    more: {
      ...{ record_kind: 'interim', flow_id: '77', end_reason: 2, bytes: 300, reverse_bytes: 400 },
      ...{ total_bytes: 600, reverse_total_bytes: 800, total_packets: 6, reverse_total_packets: 8 },
    },
  }),
  // The same end of the proxy, and another server.
  flowRow({
    ...{ exporter: '10.0.0.2', from: '14:19:00', to: '14:19:50', src: back[0], dst: '172.18.98.51 80' },
    more: { bytes: 1, packets: 1 },
  }),
];

/** Three requests came by the connection in front, and two went by the one behind; one of the day is another client's. */
export const toldTraces: readonly ToldTrace[] = [
  { at: '14:19:31', request: 'first', back: ['172.18.98.225 50001', '172.18.98.51 80'] },
  { at: '14:19:33.5', request: 'second', back: null },
  { at: '14:19:35.763', request: seedRequest },
  {
    at: '14:19:20',
    request: 'other',
    session: 'another',
    client: '2001:db8::7',
    front: ['172.18.60.9 777', '172.18.60.225 80'],
  },
  { at: '14:25:01', request: 'later', back: ['172.18.98.225 50002', '172.18.98.50 80'] },
];
