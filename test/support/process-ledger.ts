/** Connections of known processes, the three of the seed's log among them, as a conntrack exporter tells of them: rows of `flows`. */

import type { FlowRow } from './ask-ledger.ts';

const mapped = (address: string): string => (address.includes(':') ? address : `::ffff:${address}`);
export const processDay = '2013-07-06';
export const processNow = Date.parse('2013-07-06T20:00:00Z') * 1000;

export interface ToldProcess {
  readonly pid?: number;
  readonly ids?: readonly [uid: number, gid: number];
  readonly cgroup?: string;
  readonly command?: string;
  readonly name?: string;
  readonly user?: string;
  readonly container?: string;
  readonly quality?: number;
}

/** Keys as they are where the elements of ntop are known by name, and its command line and container are not. */
const inExtra = (side: 'SRC' | 'DST', told: ToldProcess): Record<string, string> => {
  const end = side === 'SRC' ? 'source' : 'destination';
  const [command, container] = side === 'SRC' ? [556, 558] : [557, 559];
  const hex = (text: string): string => `0x${Buffer.from(text).toString('hex')}`;
  return {
    ...(told.pid === undefined ? {} : { [`${side}_PROC_PID`]: String(told.pid) }),
    ...(told.ids === undefined
      ? {}
      : { [`${side}_PROC_UID`]: String(told.ids[0]), [`32473.${end}ProcessGroupId`]: String(told.ids[1]) }),
    ...(told.name === undefined ? {} : { [`${side}_PROC_NAME`]: told.name }),
    ...(told.user === undefined ? {} : { [`${side}_PROC_USER_NAME`]: told.user }),
    ...(told.command === undefined ? {} : { [`35632.${command}`]: hex(told.command) }),
    ...(told.container === undefined ? {} : { [`35632.${container}`]: told.container }),
    ...(told.cgroup === undefined ? {} : { [`32473.${end}ProcessCgroup`]: told.cgroup }),
    [`32473.${end}ProcessQuality`]: String(told.quality ?? 3),
  };
};

export interface ToldConnection {
  /** `16:13:01` */
  readonly from: string;
  /** Without it, only its beginning is told. */
  readonly to?: string;
  /** `192.168.0.12 34870` */
  readonly src: string;
  readonly dst: string;
  readonly source?: ToldProcess;
  readonly destination?: ToldProcess;
  readonly more?: FlowRow;
}

const end = (side: string, text: string): FlowRow => {
  const [address = '', port] = text.split(' ');
  return { [`${side}_addr`]: mapped(address), [`${side}_port`]: Number(port) };
};
export const translatedTo = (side: 'src' | 'dst', text: string): FlowRow => end(`post_nat_${side}`, text);

export const processRow = ({ from, to, src, dst, source, destination, more }: ToldConnection): FlowRow => ({
  version: 10,
  exporter: mapped('10.0.0.1'),
  proto: 6,
  flow_start: `${processDay} ${from}`,
  flow_end: `${processDay} ${to ?? from}`,
  ...(to === undefined
    ? { record_kind: 'event', time_source: 'event', firewall_event: 1 }
    : { record_kind: 'flow', end_reason: 3 }),
  ...end('src', src),
  ...end('dst', dst),
  extra: {
    ...(source === undefined ? {} : inExtra('SRC', source)),
    ...(destination === undefined ? {} : inExtra('DST', destination)),
  },
  ...more,
});

const session = '/user/1000.user/1.session/systemd-1196';
/** 1373127181, 1373127199, 1373127220 */
export const seedConnections: readonly ToldConnection[] = [
  {
    ...{ from: '16:13:01', src: '2001:470:1f0b:11de::12 55446', dst: '2607:f8b0:4006:802::1010 80' },
    source: {
      ...{ pid: 2354, ids: [1000, 1000], cgroup: `${session}/enlightenment.service` },
      command: 'curl -s -o /dev/null ipv6.google.com',
    },
  },
  {
    ...{ from: '16:13:19', src: '192.168.0.12 34870', dst: '195.24.232.208 80' },
    source: {
      ...{ pid: 28865, ids: [1000, 1000], cgroup: `${session}/dbus.service` },
      command: 'python /usr/libexec/dbus-lastfm-scrobbler',
    },
  },
  {
    ...{ from: '16:13:40', src: '127.0.0.1 59047', dst: '127.0.0.1 1234' },
    source: {
      ...{ pid: 2387, ids: [1000, 1000], cgroup: `${session}/enlightenment.service` },
      command: 'ncat -v cane 1234',
    },
  },
];
