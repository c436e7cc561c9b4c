/** What is asked of the ledger and of nfdump, each question about ten hosts or translations that the flows have. */

import type { ClickHouseClient } from '@clickhouse/client';
import type { AskShape } from './ask-flows.ts';

export interface AskQuestion {
  readonly name: string;
  readonly what: string;
  /** A report, by its name. */
  readonly report: string;
  /** What is to be reached: milliseconds, warm. */
  readonly reachMs?: number;
  readonly subjects: readonly AskSubject[];
}

export interface AskSubject {
  readonly argument?: string;
  /** As they are typed, by their names in camel case. */
  readonly options?: Readonly<Record<string, string | true>>;
  readonly filter?: string;
  readonly nfdump: readonly string[];
}

const subjects = 10;

const select = async <Row>(client: ClickHouseClient, query: string): Promise<Row[]> => {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return result.json<Row>();
};

interface Host {
  readonly host: string;
  readonly flows: number;
}

/** Ten hosts from each rank on, by their number of flows: of 100M flows the 100,000th of 200,000 hosts has about 100. */
const findHosts = async (
  client: ClickHouseClient,
  ranks: readonly number[],
): Promise<readonly (readonly Host[])[]> => {
  const hosts = await select<Host & { rank: number }>(
    client,
    `SELECT replaceOne(toString(address), '::ffff:', '') AS host, flows, rank FROM (
  SELECT address, flows, row_number() OVER (ORDER BY flows DESC, address) - 1 AS rank FROM (
    SELECT address, count() AS flows FROM (SELECT arrayJoin([src_addr, dst_addr]) AS address FROM flows) GROUP BY address))
WHERE ${ranks.map((rank) => `rank BETWEEN ${rank} AND ${rank + subjects - 1}`).join(' OR ')} ORDER BY rank`,
  );
  return ranks.map((first) => hosts.filter(({ rank }) => rank >= first && rank < first + subjects));
};

interface Translation {
  readonly address: string;
  readonly port: number;
  readonly remote: string;
  /** In the middle of the flow, microseconds since 1970. */
  readonly at: number;
}

const translations = (client: ClickHouseClient): Promise<Translation[]> =>
  select(
    client,
    `SELECT replaceOne(toString(post_nat_src_addr), '::ffff:', '') AS address, post_nat_src_port AS port, replaceOne(toString(dst_addr), '::ffff:', '') AS remote,
  intDiv(toUnixTimestamp64Micro(flow_start) + toUnixTimestamp64Micro(flow_end), 2) AS at
FROM flows WHERE exporter = '::ffff:10.255.0.10' AND post_nat_src_port > 0 AND proto = 6 AND flow_end > flow_start + toIntervalSecond(1)
ORDER BY cityHash64(received, src_addr, src_port, dst_addr) LIMIT ${subjects}`,
  );

const wholeSeconds = (micros: number): string => new Date(Math.floor(micros / 1000)).toISOString();

/** `[from, to)` as `--from` and `--to` have it, for all questions but those about one moment. */
export const wholeRange = ({ fromMicros, toMicros }: AskShape): { from: number; to: number } => ({
  from: fromMicros,
  to: toMicros,
});

export const makeQuestions = async (client: ClickHouseClient): Promise<readonly AskQuestion[]> => {
  const said = (hosts: readonly Host[]): string => {
    const flows = hosts.map((host) => host.flows);
    return `${Math.min(...flows)}-${Math.max(...flows)} flows`;
  };
  const [rare = [], median = [], busy = []] = await findHosts(client, [190_000, 100_000, 10_000]);
  const seen = (hosts: readonly Host[]) =>
    hosts.map(({ host }) => ({
      argument: host,
      nfdump: ['-A', 'srcip,dstip,proto,dstport', '-o', 'line', `ip ${host}`],
    }));
  const records = (hosts: readonly Host[]) =>
    hosts.map(({ host }) => ({ filter: `ip ${host}`, nfdump: ['-o', 'long', `ip ${host}`] }));
  const nat = (await translations(client)).map(({ address, port, at, remote }) => ({
    argument: `${address}:${port}`,
    options: { at: wholeSeconds(at), proto: 'tcp', remote },
    nfdump: ['-o', 'long', `proto tcp and src nip ${address} and src nport ${port}`],
  }));
  const top = Array.from({ length: subjects }, () => ({
    options: { by: 'src_addr' },
    nfdump: ['-s', 'srcip/bytes', '-n', '10'],
  }));
  const exact = top.map((subject) => ({ ...subject, options: { by: 'src_addr', exact: true as const } }));
  return [
    {
      name: 'nat-lookup',
      what: 'nat-lookup ADDRESS:PORT --at',
      report: 'nat-lookup',
      reachMs: 50,
      subjects: nat,
    },
    { name: 'top', what: 'top --by src_addr, 24 h', report: 'top', reachMs: 300, subjects: top },
    {
      name: 'top-exact',
      what: 'top --by src_addr --exact, 24 h',
      report: 'top',
      subjects: exact.slice(0, 3),
    },
    {
      name: 'seen',
      what: `seen HOST of ${said(rare)}`,
      report: 'seen',
      reachMs: 100,
      subjects: seen(rare),
    },
    {
      name: 'seen-median',
      what: `seen HOST of ${said(median)}`,
      report: 'seen',
      reachMs: 100,
      subjects: seen(median),
    },
    { name: 'seen-busy', what: `seen HOST of ${said(busy)}`, report: 'seen', subjects: seen(busy) },
    {
      name: 'flows',
      what: `flows, ip of ${said(median)}`,
      report: 'flows',
      reachMs: 500,
      subjects: records(median),
    },
    { name: 'flows-busy', what: `flows, ip of ${said(busy)}`, report: 'flows', subjects: records(busy) },
  ];
};
