/**
 * What a Decoder knows after some datagrams, as plain JSON: what later datagrams become depends on this and on them alone.
 * The order of lists is part of it, because evictions break ties by it. What the operator configured and what was compiled from
 * Templates is not in it.
 */

import { type AbstractType, abstractTypes } from '../../shared/elements/abstract-types.ts';
import { variableLength } from '../../shared/protocol/template.ts';
import { maxTemplateFields } from '../../shared/protocol/template-records.ts';
import { formatErrors } from '../../shared/wire/format-error.ts';
import type { ElementChanges } from './announced-elements.ts';
import type { SequenceSums } from './sequence-sums.ts';

/** Counters that are not 0, by name, and how often each reason came. */
export interface CountersState {
  readonly numbers: Readonly<Record<string, number>>;
  readonly reasons: readonly (readonly [code: string, count: number])[];
}

export interface SequenceState extends SequenceSums {
  /** Null while it cannot be known. */
  readonly expected: number | null;
  readonly heard: boolean;
  readonly bootMs: number;
  readonly gaps: readonly (readonly [start: number, units: number])[];
}

export interface SamplingSaved {
  readonly rate: number;
  readonly refused: number;
  readonly lastRate: number;
  readonly lastSource: number;
  readonly samplers: readonly (readonly [id: number, rate: number])[];
}

/** An element that was announced; no type: none that we know. */
export type ElementSaved = readonly [pen: number, id: number, dataType: AbstractType | null, name: string];

export interface TemplateSaved {
  readonly version: 9 | 10;
  readonly id: number;
  /** Of an Options Template; null: it is none. */
  readonly scopeCount: number | null;
  /** Enterprise number, id and length of each field, one behind the other. */
  readonly fields: readonly number[];
  readonly lastUsedMicros: number;
}

export interface SessionState {
  readonly port: number;
  readonly lastHeardMicros: number;
  /** Positions in the domain's `templates`. */
  readonly templates: readonly number[];
  readonly sequence: SequenceState;
}

/** A Data Set that waits, and what is not known of its Message otherwise. Only v9 and IPFIX have Templates to wait for. */
export interface WaitingSaved {
  readonly templateId: number;
  readonly version: 9 | 10;
  readonly exporterPort: number;
  readonly sequence: number;
  readonly exportSeconds: number;
  readonly sysUptimeMs: number;
  readonly receivedMicros: number;
  readonly datagram: number;
  /** Its records, base64. */
  readonly octets: string;
}

export interface DomainState {
  /** 16 octets, hex. */
  readonly exporter: string;
  readonly domain: number;
  readonly version: 5 | 9 | 10;
  readonly firstHeardMicros: number;
  readonly lastHeardMicros: number;
  readonly clockOffsetMs: number;
  readonly systemInitMs: number;
  readonly optionsHour: number;
  readonly optionsRows: number;
  readonly counters: CountersState;
  readonly departed: SequenceSums;
  readonly sampling: SamplingSaved;
  /** Not there in states that are older. */
  readonly elements?: readonly ElementSaved[] | undefined;
  readonly elementChanges?: ElementChanges | undefined;
  /** Each Template once, however many tables have it. */
  readonly templates: readonly TemplateSaved[];
  /** Positions in `templates`. */
  readonly newest: readonly number[];
  readonly sessions: readonly SessionState[];
  /** Set by Set of one Template after the other. */
  readonly waiting: readonly WaitingSaved[];
}

/** What the sink of the collector knows beside what it compiled. */
export interface SinkState {
  readonly extraKeys: readonly string[];
  readonly extraKeysRefused: number;
  readonly recordsDropped: number;
}

export interface DecoderState {
  readonly datagrams: number;
  readonly evicted: number;
  readonly departed: CountersState;
  readonly domains: readonly DomainState[];
  /** Null: the sink has nothing to remember. */
  readonly sink: SinkState | null;
}

/** Says what is wrong with a value, beginning with where in it; undefined: nothing. */
type Check = (value: unknown) => string | undefined;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const is =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value) =>
    test(value) ? undefined : ` is not ${what}`;

/** Sums may have grown past 2^53, and clock offsets are negative: any number does. */
const number = is('a number', Number.isFinite);
const wholeTo = (max: number): Check =>
  is(`a whole number up to ${max}`, (v) => Number.isInteger(v) && Number(v) >= 0 && Number(v) <= max);
const u16 = wholeTo(0xffff);
const u32 = wholeTo(0xffffffff);
const text = is('a text', (v) => typeof v === 'string');
const bool = is('true or false', (v) => typeof v === 'boolean');
const oneOf = (...values: readonly unknown[]): Check =>
  is(`one of ${values.join(', ')}`, (v) => values.includes(v));
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    for (let i = 0; i < value.length; i++) {
      const fault = check(value[i]);
      if (fault !== undefined) return `[${i}]${fault}`;
    }
    return undefined;
  };

const tupleOf =
  (what: string, ...items: readonly Check[]): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length !== items.length) return ` is not ${what}`;
    return items.map((check, i) => check(value[i])).find((fault) => fault !== undefined);
  };
const pairOf = (first: Check, second: Check): Check => tupleOf('a pair', first, second);

const objectOf = (shape: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(shape);
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const [name, check] of checks) {
      const fault = check(value[name]);
      if (fault !== undefined) return `.${name}${fault}`;
    }
    return undefined;
  };
};

const numbersByName: Check = (value) => {
  if (!isObject(value)) return ' is not an object';
  const wrong = Object.keys(value).find((name) => number(value[name]) !== undefined);
  return wrong === undefined ? undefined : `.${wrong} is not a number`;
};

const sums = { missing: number, reordered: number, duplicate: number, unknown: number, restarts: number };

const counters = objectOf({
  numbers: numbersByName,
  reasons: listOf(
    pairOf(
      is('a reason', (v) => typeof v === 'string' && Object.hasOwn(formatErrors, v)),
      number,
    ),
  ),
});

/** Every record must have an octet, or reading a Data Set would never end. */
const fieldsOf = is('the fields of a Template', (value) => {
  if (!Array.isArray(value) || value.length % 3 !== 0 || value.length > 3 * maxTemplateFields) return false;
  let octets = 0;
  for (let i = 0; i < value.length; i += 3) {
    if (u32(value[i]) !== undefined || u16(value[i + 1]) !== undefined || u16(value[i + 2]) !== undefined)
      return false;
    octets += value[i + 2] === variableLength ? 1 : value[i + 2];
  }
  return octets > 0;
});

const template = objectOf({
  version: oneOf(9, 10),
  id: u16,
  scopeCount: orNull(wholeTo(maxTemplateFields)),
  fields: fieldsOf,
  lastUsedMicros: number,
});

const session = objectOf({
  port: u16,
  lastHeardMicros: number,
  templates: listOf(u32),
  sequence: objectOf({
    ...sums,
    expected: orNull(u32),
    heard: bool,
    bootMs: number,
    gaps: listOf(pairOf(u32, u32)),
  }),
});

const sampling = objectOf({
  rate: u32,
  refused: number,
  lastRate: number,
  lastSource: u16,
  // Ids have up to 64 bits, rounded as they were when they came.
  samplers: listOf(pairOf(number, u32)),
});

const element = tupleOf(
  'an element',
  u32,
  u16,
  orNull(is('a type', (v) => typeof v === 'string' && Object.hasOwn(abstractTypes, v))),
  is('a name', (v) => typeof v === 'string' && /^[\w-]*$/.test(v)),
);

const waiting = objectOf({
  templateId: u16,
  version: oneOf(9, 10),
  exporterPort: u16,
  sequence: u32,
  exportSeconds: u32,
  sysUptimeMs: u32,
  receivedMicros: number,
  datagram: number,
  octets: text,
});

const domainShape = objectOf({
  exporter: is('16 octets in hex', (v) => typeof v === 'string' && /^[\da-f]{32}$/.test(v)),
  domain: u32,
  version: oneOf(5, 9, 10),
  firstHeardMicros: number,
  lastHeardMicros: number,
  clockOffsetMs: number,
  systemInitMs: number,
  optionsHour: number,
  optionsRows: number,
  counters,
  departed: objectOf(sums),
  sampling,
  elements: (value) => (value === undefined ? undefined : listOf(element)(value)),
  elementChanges: (value) => (value === undefined ? undefined : pairOf(number, number)(value)),
  templates: listOf(template),
  newest: listOf(u32),
  sessions: listOf(session),
  waiting: listOf(waiting),
});

const domain: Check = (value) => {
  const fault = domainShape(value);
  if (fault !== undefined) return fault;
  const { templates, newest, sessions } = value as DomainState;
  const isThere = (position: number): boolean => position < templates.length;
  return newest.every(isThere) && sessions.every((s) => s.templates.every(isThere))
    ? undefined
    : ' has a Template that is not there';
};

const decoder = objectOf({
  datagrams: number,
  evicted: number,
  departed: counters,
  domains: listOf(domain),
  sink: orNull(objectOf({ extraKeys: listOf(text), extraKeysRefused: number, recordsDropped: number })),
});

/**
 * What `Decoder.save` made, after it was written and read again.
 * @throws Error in one line, where it is not of that form
 */
export const readDecoderState = (value: unknown): DecoderState => {
  const fault = decoder(value);
  if (fault !== undefined) throw new Error(`decoder state${fault}`);
  return value as DecoderState;
};
