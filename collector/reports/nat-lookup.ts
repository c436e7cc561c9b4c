/** `flowledger nat-lookup`: who had a public address and port, and the inverse. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import { acceptedTimes, parseSaidTime } from '../../shared/service/parse-time.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { protocolName } from '../ask/protocol-name.ts';
import type { Plan, Question, Report, TimeRange } from '../ask/report.ts';
import { type HostArgument, parseHostArgument } from './host-argument.ts';
import { planInside } from './nat-inside.ts';
import type { NatNarrowing } from './nat-narrowing.ts';
import { planPublic } from './nat-public.ts';
import { needNatColumns } from './need-nat-columns.ts';

const dayMicros = 86_400e6;
const defaultSkewMicros = 2e6;

const parseProtocol = (text: string): number => {
  const name = text.toLowerCase() === 'icmpv6' ? 'icmp6' : text.toLowerCase();
  const numbers = Array.from({ length: 256 }, (_, number) => number);
  const found = numbers.find((number) => String(number) === name || protocolName(number) === name);
  if (found === undefined)
    throw new ConfigError(`--proto ${text}: not a protocol, such as tcp, udp, icmp or 132`);
  return found;
};

const parseSpan =
  (option: string) =>
  (text: string): number =>
    parseDuration(option, text, 's') * 1000;

const readAt = (said: string | undefined, { nowMicros, zone }: LedgerView): number | undefined => {
  if (said === undefined) return undefined;
  const time = parseSaidTime(said, { nowMicros, zone });
  if (time === undefined) throw new ConfigError(`--at ${said}: not a time. Times are ${acceptedTimes}`);
  return time.from;
};

const lengthOf = ({ from, to }: TimeRange): number => to - from;

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { argument, options } = question;
  const inside = options.inside as HostArgument | undefined;
  if ((argument === undefined) === (inside === undefined))
    throw new ConfigError(
      'nat-lookup asks about a public address and port, such as nat-lookup 1.2.3.4:53500 --at 14:03:22, or with --inside HOST about what a host used: give one of the two',
    );
  if (question.filter !== undefined)
    throw new ConfigError('nat-lookup takes no --filter: narrow it with --proto and --remote');
  await needNatColumns('nat-lookup', ledger);
  const narrowing: NatNarrowing = {
    protocol: options.proto as number | undefined,
    remote: options.remote as HostArgument | undefined,
    lookBackMicros: (options.lookBack as number | undefined) ?? dayMicros,
  };
  const at = readAt(options.at as string | undefined, ledger);
  if (inside !== undefined) {
    if (at !== undefined)
      throw new ConfigError('--at is for a public address; with --inside give --from, --to or --last');
    return planInside(inside, narrowing, question, ledger);
  }
  // A range is always there; one that was not said is the default one.
  if (at !== undefined && (question.range.to !== ledger.nowMicros || lengthOf(question.range) !== dayMicros))
    throw new ConfigError(
      '--at is one moment, and --skew is how far around it: it goes with none of --from, --to and --last',
    );
  const skewMicros = (options.skew as number | undefined) ?? defaultSkewMicros;
  const end = parseHostArgument('nat-lookup', argument as string);
  const { range } = question;
  const { lookBackMicros } = narrowing;
  const asked =
    at === undefined
      ? { from: range.from, to: range.to, at, lookBackMicros }
      : { from: at - skewMicros, to: at + skewMicros, at, lookBackMicros };
  return planPublic(end, asked, narrowing, question, ledger);
};

export const natLookup: Report = {
  name: 'nat-lookup',
  summary: 'who had a public address and port at a time; with --inside, what a host had',
  argument: {
    name: 'address[:port]',
    description:
      'the public end, as the outside saw it: 1.2.3.4:53500, [2001:db8::1]:443, or an address alone',
    isRequired: false,
  },
  options: [
    { flags: '--at <time>', description: 'the time in question; without it, all of --from to --to' },
    {
      flags: '--skew <time>',
      description:
        'how far the clocks may differ: who had it a little before or after is listed, too (default: 2s)',
      parse: parseSpan('--skew'),
    },
    { flags: '--proto <name>', description: 'tcp, udp, icmp, or a number', parse: parseProtocol },
    {
      flags: '--remote <address[:port]>',
      description: 'the other end: an outside port may be in use towards several at a time',
      parse: (text) => parseHostArgument('--remote', text),
    },
    {
      flags: '--inside <host[:port]>',
      description: 'the inverse: which public addresses and ports a host had, and towards whom',
      parse: (text) => parseHostArgument('--inside', text),
    },
    {
      flags: '--look-back <time>',
      description:
        'a translation of which no end is known may last so long after it was last heard of (default: 24h)',
      parse: parseSpan('--look-back'),
    },
  ],
  examples: [
    '1.2.3.4:53500 --at "2014-02-22 11:59:43"',
    '1.2.3.4:53500 --at 14:03:22 --skew 5s --proto tcp --remote 19.1.16.7:443',
    '--inside 192.168.1.129 --last 1h',
  ],
  defaultLastMicros: dayMicros,
  defaultLimit: 50,
  isPaged: true,
  plan,
};
