/** What keeps connection tracking from saying all that it could, in words that a person can act on. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { formatBytes } from '../../shared/service/format-quantity.ts';
import { type ConntrackSettings, readConntrackSettings } from './conntrack-settings.ts';
import { type NftRuleset, readNftRuleset } from './nft-ruleset.ts';

export interface ConntrackFacts {
  readonly settings: ConntrackSettings;
  /** Undefined: nft is not there, or does not say. */
  readonly ruleset: NftRuleset | undefined;
  /** Rules of the old iptables are there, which may use connection tracking. */
  readonly hasLegacyRules: boolean;
  readonly bufferBytes: number;
  /** net.core.rmem_max; undefined: not visible here. */
  readonly maxBufferBytes: number | undefined;
  /** CAP_NET_ADMIN, which may have more than `maxBufferBytes`. */
  readonly mayAdministerNetwork: boolean;
}

export interface ConntrackProblem {
  readonly level: 'warn' | 'error';
  /** One line. */
  readonly message: string;
}

/** The table is that full: connections will be refused soon. */
const nearlyFull = 0.9;

const trackingRule =
  "nft 'add table inet track; add chain inet track pre { type filter hook prerouting priority 0; }; add rule inet track pre ct state new counter'";

const checkSettings = (settings: ConntrackSettings): string[] => {
  const problems: string[] = [];
  if (!settings.accounting)
    problems.push(
      'connections are not counted, so flows have no packets and octets: --enable, or sysctl -w net.netfilter.nf_conntrack_acct=1 (connections that are there already stay uncounted)',
    );
  if (!settings.timestamps)
    problems.push(
      'connections have no times, so starts are those of their events: --enable, or sysctl -w net.netfilter.nf_conntrack_timestamp=1',
    );
  const { connections, maxConnections } = settings;
  if (maxConnections > 0 && connections > maxConnections * nearlyFull)
    problems.push(
      `the connection table is nearly full (${connections} of ${maxConnections}), and the kernel drops what finds no room: raise net.netfilter.nf_conntrack_max`,
    );
  return problems;
};

const isUntracked = ({ settings, ruleset, hasLegacyRules }: ConntrackFacts): boolean =>
  settings.connections === 0 && ruleset?.usesConntrack === false && !hasLegacyRules;

export const checkConntrack = (facts: ConntrackFacts): readonly ConntrackProblem[] => {
  const { settings, ruleset, bufferBytes, maxBufferBytes, mayAdministerNetwork } = facts;
  if (!settings.isAvailable)
    return [
      {
        level: 'error',
        message: 'there is no connection tracking in this network namespace: modprobe nf_conntrack',
      },
    ];
  const problems: ConntrackProblem[] = [];
  if (settings.events === 0)
    problems.push({
      level: 'error',
      message:
        'the kernel tells of no connections: --enable, or sysctl -w net.netfilter.nf_conntrack_events=1',
    });
  const warn = (message: string): void => void problems.push({ level: 'warn', message });
  for (const message of checkSettings(settings)) warn(message);
  if (isUntracked(facts))
    warn(
      `no rule in this network namespace uses connection tracking, so the kernel tracks nothing; one is enough: ${trackingRule}`,
    );
  for (const name of ruleset?.flowtablesWithoutCounter ?? [])
    warn(
      `flowtable ${name} forwards packets that are not counted: add 'counter' to it (kernel 5.7 and later)`,
    );
  if (!mayAdministerNetwork && maxBufferBytes !== undefined && maxBufferBytes < bufferBytes)
    warn(
      `the receive buffer can be ${formatBytes(maxBufferBytes)} at most, where ${formatBytes(bufferBytes)} is wanted: sysctl -w net.core.rmem_max=${bufferBytes}`,
    );
  return problems;
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const capNetAdmin = 12n;

/** `status`: /proc/self/status. */
export const hasNetAdmin = (status: string): boolean => {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> capNetAdmin) & 1n) === 1n;
};

const nftTimeoutMs = 3000;
const maxListingBytes = 64 * 1024 * 1024;

const listNftRules = (): NftRuleset | undefined => {
  try {
    const listing = execFileSync('nft', ['-t', 'list', 'ruleset'], {
      encoding: 'utf8',
      timeout: nftTimeoutMs,
      maxBuffer: maxListingBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
      // It often is where an ordinary user's path does not lead.
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    });
    return readNftRuleset(listing);
  } catch {
    return undefined;
  }
};

export const gatherConntrackFacts = (bufferBytes: number): ConntrackFacts => {
  const maxBuffer = readText('/proc/sys/net/core/rmem_max');
  return {
    settings: readConntrackSettings(),
    ruleset: listNftRules(),
    hasLegacyRules: ['ip', 'ip6'].some(
      (family) => readText(`/proc/net/${family}_tables_names`).trim() !== '',
    ),
    bufferBytes,
    maxBufferBytes: maxBuffer === '' ? undefined : Number(maxBuffer),
    mayAdministerNetwork: hasNetAdmin(readText('/proc/self/status')),
  };
};
