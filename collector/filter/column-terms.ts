/** Every column of `flows` as a term: `src_port = 80`, `process_name ~ ssh`. */

import {
  directions,
  type FlowColumn,
  flowColumns,
  recordKinds,
  samplingSources,
  timeSources,
} from '../store/flow-columns.ts';
import {
  appKind,
  counterKind,
  endReasonKind,
  exporterKind,
  firewallEventKind,
  interfaceKind,
  ipKind,
  labelKind,
  longKind,
  natEventKind,
  octetKind,
  portKind,
  protocolKind,
  shortKind,
  vrfKind,
  wordKind,
} from './filter-kinds.ts';
import { columnSubject, phrasesFor } from './filter-phrases.ts';
import type { FilterTerm, ValueKind } from './filter-term.ts';
import { macKind } from './mac-value.ts';
import { choiceKind, textKind } from './text-value.ts';
import { timeKind } from './time-value.ts';

const enums: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  record_kind: recordKinds,
  sampling_source: samplingSources,
  direction: directions,
  time_source: timeSources,
};

/** Columns whose numbers have names, or a form of their own. */
const kinds: Readonly<Record<string, ValueKind>> = {
  app: appKind,
  dst_mac: macKind,
  dst_port: portKind,
  end_reason: endReasonKind,
  exporter: exporterKind,
  firewall_event: firewallEventKind,
  in_if: interfaceKind,
  nat_event: natEventKind,
  out_if: interfaceKind,
  post_nat_dst_port: portKind,
  post_nat_src_port: portKind,
  proto: protocolKind,
  src_mac: macKind,
  src_port: portKind,
  vrf_in: vrfKind,
  vrf_out: vrfKind,
};

const storageKinds = {
  u8: octetKind,
  u16: shortKind,
  u32: wordKind,
  ip: ipKind,
  text: textKind('TEXT', 'a text'),
  labels: labelKind,
} as const;

const isCounter = /(?:bytes|packets)$/;

const enumKind = (values: Readonly<Record<string, number>>): ValueKind => {
  const names = Object.keys(values);
  const meanings = Object.fromEntries(
    Object.entries(values).flatMap(
      ([name, value]) =>
        [
          [name, name],
          [String(value), name],
        ] as const,
    ),
  );
  return choiceKind(names.join('|'), `one of ${names.join(', ')}`, meanings);
};

const kindOf = ({ name, type, storage }: FlowColumn): ValueKind | undefined => {
  const values = enums[name];
  if (values) return enumKind(values);
  if (type.startsWith('DateTime')) return timeKind;
  if (storage === 'extra') return undefined;
  return (
    kinds[name] ??
    (storage === 'u64' ? (isCounter.test(name) ? counterKind : longKind) : storageKinds[storage])
  );
};

/** `extra` is no such term: it is asked by the name of an element. */
export const columnTerms: readonly FilterTerm[] = flowColumns.flatMap((column) => {
  const value = kindOf(column);
  if (!value) return [];
  const phrases = phrasesFor(columnSubject(column.name), column.name);
  const { name, comment } = column;
  return [{ title: name, phrases, value, only: undefined, description: comment, example: `${name} = ...` }];
});
