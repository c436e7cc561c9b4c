/** Messages of the three versions that hold given flows, for tests that compare what was sent with what is stored. */

import { parseAddress } from '../../shared/wire/address.ts';

export interface SentFlow {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly proto: number;
  readonly packets: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

/** When the exporter of these Messages was booted: so long before it sends. */
const uptimeMs = 3_600_000;

/** A different flow for each number; all times are whole seconds ago, so that they are believed. */
export const makeFlow = (number: number, family: 4 | 6 = 4, nowMs = Date.now()): SentFlow => {
  const low = number & 0xff;
  const high = (number >> 8) & 0xff;
  const endMs = nowMs - 1000 - low;
  return {
    src: family === 4 ? `10.0.${high}.${low}` : `2001:db8::${(number + 1).toString(16)}`,
    dst: family === 4 ? '192.0.2.100' : '2001:db8:ffff::100',
    srcPort: 1024 + (number % 60_000),
    dstPort: number % 2 === 0 ? 443 : 53,
    proto: number % 2 === 0 ? 6 : 17,
    packets: 1 + low,
    bytes: 64 + number,
    startMs: endMs - 2000 - high,
    endMs,
  };
};

export const makeFlows = (count: number, first = 0, family: 4 | 6 = 4): SentFlow[] => {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, i) => makeFlow(first + i, family, nowMs));
};

/** Octets of an address: 4 or 16. */
const addressOctets = (text: string): Buffer => {
  const octets = parseAddress(text);
  if (!octets) throw new Error(`${text} is no address`);
  return Buffer.from(text.includes(':') ? octets : octets.subarray(12));
};

const numbers = (...values: readonly (readonly [value: number, bytes: 1 | 2 | 4 | 8])[]): Buffer =>
  Buffer.concat(
    values.map(([value, bytes]) => {
      const octets = Buffer.alloc(bytes);
      if (bytes === 8) octets.writeBigUInt64BE(BigInt(value));
      else octets.writeUIntBE(value, 0, bytes);
      return octets;
    }),
  );

export interface HeaderValues {
  readonly sequence?: number;
  readonly domain?: number;
  /** Default: now. */
  readonly exportMs?: number;
}

/** At most 30 flows. `sampling`: the two octets of the header. */
export const netflow5Message = (
  flows: readonly SentFlow[],
  values: HeaderValues & { readonly sampling?: number } = {},
): Uint8Array => {
  const exportMs = values.exportMs ?? Date.now();
  const bootMs = exportMs - uptimeMs;
  const header = numbers(
    [5, 2],
    [flows.length, 2],
    [uptimeMs, 4],
    [Math.floor(exportMs / 1000), 4],
    [(exportMs % 1000) * 1e6, 4],
    [values.sequence ?? 0, 4],
    [values.domain ?? 0, 2],
    [values.sampling ?? 0, 2],
  );
  const records = flows.flatMap((f) => [
    addressOctets(f.src),
    addressOctets(f.dst),
    numbers([0, 4], [1, 2], [2, 2], [f.packets, 4], [f.bytes, 4], [f.startMs - bootMs, 4]),
    numbers([f.endMs - bootMs, 4], [f.srcPort, 2], [f.dstPort, 2], [0, 1], [0x1b, 1], [f.proto, 1]),
    // tos, two AS numbers, two masks, padding
    numbers([0, 1], [64500, 2], [64501, 2], [24, 1], [16, 1], [0, 2]),
  ]);
  return new Uint8Array(Buffer.concat([header, ...records]));
};

type Fields = readonly (readonly [id: number, bytes: number])[];

const addressFields = (family: 4 | 6): Fields =>
  family === 4
    ? [
        [8, 4],
        [12, 4],
      ]
    : [
        [27, 16],
        [28, 16],
      ];
const portFields: Fields = [
  [7, 2],
  [11, 2],
  [4, 1],
];

/** Set id, length and content, padded to four octets. */
const set = (id: number, content: Buffer): Buffer => {
  const padding = Buffer.alloc((4 - (content.length % 4)) % 4);
  return Buffer.concat([numbers([id, 2], [4 + content.length + padding.length, 2]), content, padding]);
};

const templateSet = (setId: number, templateId: number, fields: Fields): Buffer =>
  set(
    setId,
    Buffer.concat([
      numbers([templateId, 2], [fields.length, 2]),
      ...fields.map(([id, bytes]) => numbers([id, 2], [bytes, 2])),
    ]),
  );

const familyOf = (flow: SentFlow): 4 | 6 => (flow.src.includes(':') ? 6 : 4);
/** One Template an address family. */
const templateIdOf = (family: 4 | 6): number => (family === 4 ? 256 : 257);
const bothFamilies = [4, 6] as const;

const dataSets = (flows: readonly SentFlow[], counters: (flow: SentFlow) => Buffer): Buffer[] =>
  bothFamilies.flatMap((family) => {
    const records = flows
      .filter((flow) => familyOf(flow) === family)
      .map((f) =>
        Buffer.concat([
          addressOctets(f.src),
          addressOctets(f.dst),
          numbers([f.srcPort, 2], [f.dstPort, 2], [f.proto, 1]),
          counters(f),
        ]),
      );
    return records.length === 0 ? [] : [set(templateIdOf(family), Buffer.concat(records))];
  });

const netflow9Message = (sets: readonly Buffer[], count: number, values: HeaderValues): Uint8Array => {
  const exportMs = values.exportMs ?? Date.now();
  const header = numbers(
    [9, 2],
    [count, 2],
    [uptimeMs, 4],
    [Math.floor(exportMs / 1000), 4],
    [values.sequence ?? 0, 4],
    [values.domain ?? 0, 4],
  );
  return new Uint8Array(Buffer.concat([header, ...sets]));
};

/** inPkts, inBytes, first, last (milliseconds of the exporter's uptime): four octets each. */
const netflow9Counters: Fields = [
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
];

/** The Templates of both address families. */
export const netflow9Templates = (values: HeaderValues = {}): Uint8Array => {
  const sets = bothFamilies.map((family) =>
    templateSet(0, templateIdOf(family), [...addressFields(family), ...portFields, ...netflow9Counters]),
  );
  return netflow9Message(sets, 2, values);
};

/** The header of v9 says whole seconds: times are exact where `exportMs` is one. */
export const netflow9Data = (flows: readonly SentFlow[], values: HeaderValues = {}): Uint8Array => {
  const exportMs = Math.floor((values.exportMs ?? Date.now()) / 1000) * 1000;
  const bootMs = exportMs - uptimeMs;
  const sets = dataSets(flows, (f) =>
    numbers([f.packets, 4], [f.bytes, 4], [f.startMs - bootMs, 4], [f.endMs - bootMs, 4]),
  );
  return netflow9Message(sets, flows.length, { ...values, exportMs });
};

const ipfixMessage = (sets: readonly Buffer[], values: HeaderValues): Uint8Array => {
  const body = Buffer.concat(sets);
  const header = numbers(
    [10, 2],
    [16 + body.length, 2],
    [Math.floor((values.exportMs ?? Date.now()) / 1000), 4],
    [values.sequence ?? 0, 4],
    [values.domain ?? 0, 4],
  );
  return new Uint8Array(Buffer.concat([header, body]));
};

/** packetDeltaCount, octetDeltaCount, flowStartMilliseconds, flowEndMilliseconds: eight octets each. */
const ipfixCounters: Fields = [
  [2, 8],
  [1, 8],
  [152, 8],
  [153, 8],
];

export const ipfixTemplates = (values: HeaderValues = {}): Uint8Array =>
  ipfixMessage(
    bothFamilies.map((family) =>
      templateSet(2, templateIdOf(family), [...addressFields(family), ...portFields, ...ipfixCounters]),
    ),
    values,
  );

export const ipfixData = (flows: readonly SentFlow[], values: HeaderValues = {}): Uint8Array =>
  ipfixMessage(
    dataSets(flows, (f) => numbers([f.packets, 8], [f.bytes, 8], [f.startMs, 8], [f.endMs, 8])),
    values,
  );

/** A Message of Sets laid out by the test. */
export const ipfixOf = (sets: readonly Uint8Array[], values: HeaderValues = {}): Uint8Array =>
  ipfixMessage(
    sets.map((octets) => Buffer.from(octets)),
    values,
  );
