/** Translations whose truth is known, as gateways tell of them: rows of `flows`, and what they say in words. */

import type { Report } from '../../collector/ask/report.ts';
import { insertNatLog } from '../../collector/rollup/nat-log.ts';
import type { AskLedger, FlowRow } from './ask-ledger.ts';

export const mapped = (address: string): string => (address.includes(':') ? address : `::ffff:${address}`);

export const gateway = '10.0.0.1';
const day = '2026-11-20';

/** Microseconds since 1970 of a time of the day that the tests are about. */
export const clock = (time: string): number => Date.parse(`${day}T${time}Z`) * 1000;
export const natNow = Date.parse('2026-11-21T00:00:00Z') * 1000;

const end = (side: string, text: string): FlowRow => {
  const [, address = '', port = '0'] = /^(.*?)(?: (\d+))?$/.exec(text) ?? [];
  return { [`${side}_addr`]: mapped(address), [`${side}_port`]: Number(port) };
};

export interface Told {
  /** `10:00:00`, of the day. An event has one time. */
  readonly from: string;
  readonly to?: string;
  /** `192.168.1.129 53400`: before translation. */
  readonly src: string;
  readonly dst?: string;
  /** After translation. */
  readonly postSrc?: string;
  readonly postDst?: string;
  readonly more?: FlowRow;
}

const rowOf = ({ from, to = from, src, dst, postSrc, postDst, more }: Told): FlowRow => ({
  version: 10,
  record_kind: 'flow',
  exporter: mapped(gateway),
  flow_start: `${day} ${from}`,
  flow_end: `${day} ${to}`,
  proto: 6,
  ...end('src', src),
  ...(dst === undefined ? {} : end('dst', dst)),
  ...(postSrc === undefined ? {} : end('post_nat_src', postSrc)),
  ...(postDst === undefined ? {} : end('post_nat_dst', postDst)),
  ...more,
});

/** A whole flow with 1000 octets there and 2000 back. */
export const natFlow = (told: Told): FlowRow => ({
  ...rowOf(told),
  ...{ bytes: 1000, packets: 10, reverse_bytes: 2000, reverse_packets: 20 },
  ...told.more,
});

/** RFC 8158, or one of another kind: without counters. */
export const natEvent = (event: number, told: Told): FlowRow => ({
  ...rowOf(told),
  ...{ record_kind: 'event', nat_event: event, time_source: 'event' },
  ...told.more,
});

export interface Asked {
  readonly argument?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly from?: string;
  readonly to?: string;
  readonly filter?: string;
  readonly limit?: number;
}

const endText = (address: unknown, port: unknown): string =>
  address === null || address === undefined ? '*' : `${address}${port === null ? '' : ` ${port}`}`;
const time = (value: unknown): string =>
  value === null ? '?' : String(value).replace(/^2026-11-20T(.*?)(?:\.0+)?Z$/, '$1');

/** `exact 192.168.1.129 53400 10:00:00 to 10:01:00`, and `err`, which has the remarks. */
export const lookUp = async (
  ledger: AskLedger,
  report: Report,
  asked: Asked,
): Promise<{
  readonly found: readonly string[];
  readonly said: string;
  readonly rows: readonly FlowRow[];
}> => {
  const { out, err } = await ledger.run(report, { ...asked, options: asked.options ?? {} });
  const rows = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FlowRow);
  const found = rows.map(
    ({ sure, inside_addr, inside_port, from, to }) =>
      `${sure} ${endText(inside_addr, inside_port)} ${time(from)} to ${time(to)}`,
  );
  return { found, said: err, rows };
};

/** Makes nat_log of what was received before `untilMicros`, as the job does. */
export const fillNatLog = async (
  { store, insert }: AskLedger,
  untilMicros: number,
  collector = 'here',
): Promise<void> => {
  await store.client.command({
    query: insertNatLog,
    query_params: { collector, from: 0, until: untilMicros },
  });
  // A whole number is microseconds to a DateTime64(6).
  await insert([{ rollup: 'nat_log', collector, since: 0, until: untilMicros }], 'rollups');
};
