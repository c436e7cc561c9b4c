/** What a listing of nftables rules (`nft -t list ruleset`) says about connection tracking. */

export interface NftRuleset {
  /** A rule or chain makes the kernel track connections in this namespace. */
  readonly usesConntrack: boolean;
  /** As `FAMILY TABLE NAME`. The kernel does not count the packets that these forward. */
  readonly flowtablesWithoutCounter: readonly string[];
}

/** Statements and expressions that register connection tracking; nft names those of iptables by `xt`. */
const needsConntrack =
  /\btype nat\b|\bct (?!helper \w+ \{|timeout \w+ \{|expectation \w+ \{)|\b(?:masquerade|snat|dnat|redirect|synproxy|flow (?:add|offload))\b|\bxt (?:match|target) "?(?:conn|ct|state|helper|MASQ|SNAT|DNAT|REDIRECT|NETMAP|CONN)/;

export const readNftRuleset = (listing: string): NftRuleset => {
  const flowtablesWithoutCounter: string[] = [];
  let table = '';
  let flowtable: string | undefined;
  let usesConntrack = false;
  for (const rawLine of listing.split('\n')) {
    // A comment is anybody's text.
    const line = rawLine.replace(/\bcomment ".*"/, '').trim();
    const [word, name = '', more = ''] = line.split(/\s+/);
    if (word === 'table') table = `${name} ${more}`;
    else if (word === 'flowtable') flowtable = name;
    else if (flowtable !== undefined && word === 'counter') flowtable = undefined;
    else if (flowtable !== undefined && word === '}') {
      flowtablesWithoutCounter.push(`${table} ${flowtable}`);
      flowtable = undefined;
    } else if (needsConntrack.test(line)) usesConntrack = true;
  }
  return { usesConntrack, flowtablesWithoutCounter };
};
