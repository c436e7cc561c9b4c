/** Which records are taken: of the rules the first that matches decides. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { isIpv4Mapped } from '../../shared/wire/address.ts';
import {
  type Condition,
  type FilterRule,
  type FilterTerm,
  type FlowEnd,
  type Network,
  parseFilterRule,
} from './filter-rule.ts';
import type { FlowRecord } from './flow-record.ts';

type Predicate = (record: FlowRecord) => boolean;

/** Of other protocols the fields hold nothing, or keys (GRE). */
const hasPorts = (protocol: number): boolean =>
  protocol === 6 || protocol === 17 || protocol === 132 || protocol === 33 || protocol === 136;

const compileNetwork = ({ family, octets, prefixLength }: Network): ((address: Uint8Array) => boolean) => {
  const first = family === 4 ? 12 : 0;
  const whole = prefixLength >> 3;
  const mask = (0xff00 >> (prefixLength & 7)) & 0xff;
  const rest = (octets[whole] ?? 0) & mask;
  return (address) => {
    for (let i = first; i < whole; i++) if (address[i] !== octets[i]) return false;
    return mask === 0 || ((address[whole] as number) & mask) === rest;
  };
};

const compileAddress = (end: FlowEnd, network: Network): Predicate => {
  const { family } = network;
  const isIn = compileNetwork(network);
  const source: Predicate = (r) => isIn(r.srcAddress) || (r.isTranslated && isIn(r.postSrcAddress));
  const destination: Predicate = (r) => isIn(r.dstAddress) || (r.isTranslated && isIn(r.postDstAddress));
  if (end === 'source') return (r) => r.family === family && source(r);
  if (end === 'destination') return (r) => r.family === family && destination(r);
  return (r) => r.family === family && (source(r) || destination(r));
};

const compilePort = (end: FlowEnd, first: number, last: number): Predicate => {
  const isIn = (port: number): boolean => port >= first && port <= last;
  const source: Predicate = (r) => isIn(r.srcPort) || (r.isTranslated && isIn(r.postSrcPort));
  const destination: Predicate = (r) => isIn(r.dstPort) || (r.isTranslated && isIn(r.postDstPort));
  if (end === 'source') return (r) => hasPorts(r.protocol) && source(r);
  if (end === 'destination') return (r) => hasPorts(r.protocol) && destination(r);
  return (r) => hasPorts(r.protocol) && (source(r) || destination(r));
};

/** 127.0.0.0/8 (RFC 1122 3.2.1.3) or ::1 (RFC 4291 2.5.3). */
const isLoopback = (address: Uint8Array): boolean => {
  if (isIpv4Mapped(address, 0)) return address[12] === 127;
  for (let i = 0; i < 15; i++) if (address[i] !== 0) return false;
  return address[15] === 1;
};

const compileCondition = (condition: Condition): Predicate => {
  switch (condition.kind) {
    case 'address':
      return compileAddress(condition.end, condition.network);
    case 'port':
      return compilePort(condition.end, condition.first, condition.last);
    case 'protocol': {
      const { protocol } = condition;
      return (record) => record.protocol === protocol;
    }
    case 'zone': {
      const { zone } = condition;
      return (record) => record.zone === zone;
    }
    case 'mark': {
      const { mark, mask } = condition;
      return (record) => ((record.mark ^ mark) & mask) === 0;
    }
    case 'nat':
      return (record) => record.isTranslated || record.form === 'nat-event';
    case 'loopback':
      // Before translation: what comes from elsewhere and is sent to 127.0.0.1 by a rule is no loopback.
      return (record) => isLoopback(record.srcAddress) || isLoopback(record.dstAddress);
    case 'any':
      return () => true;
  }
};

const compileTerm = ({ negated, condition }: FilterTerm): Predicate => {
  const holds = compileCondition(condition);
  return negated ? (record) => !holds(record) : holds;
};

const compileTerms = (terms: readonly FilterTerm[]): Predicate => {
  const [first, ...others] = terms.map(compileTerm);
  if (first === undefined) return () => true;
  if (others.length === 0) return first;
  return (record) => {
    if (!first(record)) return false;
    for (const holds of others) if (!holds(record)) return false;
    return true;
  };
};

/**
 * True for records that are taken. Where no rule matches, a record is taken if all rules deny, and else left out; without rules
 * all are taken. Addresses and ports match before or after translation.
 * @throws ConfigError with a line for each rule that is not understood.
 */
export const compileFilter = (rules: readonly FilterRule[]): ((record: FlowRecord) => boolean) => {
  const problems: string[] = [];
  const compiled: { readonly matches: Predicate; readonly accepts: boolean }[] = [];
  for (const { verdict, text } of rules) {
    try {
      compiled.push({ matches: compileTerms(parseFilterRule(text)), accepts: verdict === 'accept' });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(`--${verdict} '${text}': ${error.message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const acceptsOthers = compiled.every(({ accepts }) => !accepts);
  return (record) => {
    for (const { matches, accepts } of compiled) if (matches(record)) return accepts;
    return acceptsOthers;
  };
};
