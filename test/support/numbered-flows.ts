/**
 * Datagrams whose flows carry a number, so that each one can be looked for: in the journal, by octets, and in the table. Template,
 * Options Template and samplers are in datagrams of their own, which are meant to be sent once.
 *
 *     record  0 flowId = number   8 octetDeltaCount = number + 1   16 packetDeltaCount = 1 + number % 1000
 *             24 flowStartMilliseconds   32 flowEndMilliseconds: both the time of sending
 *             40 sourceIPv4Address = 10.0.0.0 + number % 2^24   44 destinationIPv4Address = 192.0.2.0 + number % 256
 *             48 sourceTransportPort = id of the sender   50 destinationTransportPort = number % 200
 *             52 protocolIdentifier = 17   53 selectorId (v9: samplerId) = 1 + number % 3, whose rate is 100 times as much
 */

import { joinBytes, viewOf } from './capture-builder.ts';
import {
  ipfix,
  netflow9,
  optionsRecord,
  optionsRecord9,
  type Specifier,
  set,
  templateRecord,
  u8,
  u32,
} from './message-hex.ts';

export const numberedTemplateId = 256;
const samplersTemplateId = 257;
export const numberedRecordBytes = 54;
/** Where things lie in a record, for who reads it without a decoder. */
export const numberedFields = { number: 0, octets: 8, sender: 48 } as const;
const samplers = [1, 2, 3] as const;

/** What a row of such a flow must say, as SQL; `flow_id` is the number. */
export const numberedColumnsAreRight = `bytes = flow_id + 1 AND packets = 1 + flow_id % 1000 AND proto = 17
  AND src_addr = toIPv6(IPv4NumToString(toUInt32(167772160 + flow_id % 16777216)))
  AND dst_addr = toIPv6(IPv4NumToString(toUInt32(3221225984 + flow_id % 256)))
  AND dst_port = flow_id % 200 AND sampling_rate = 100 * (1 + flow_id % 3) AND sampling_source = 'options'
  AND abs(toUnixTimestamp64Milli(flow_start) - toUnixTimestamp64Milli(received)) < 60000`;

export type NumberedVersion = 9 | 10;

const fieldsOf = (version: NumberedVersion): readonly Specifier[] => [
  [148, 8],
  [1, 8],
  [2, 8],
  [152, 8],
  [153, 8],
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [version === 9 ? 48 : 302, 1],
];

/** How long ago a sender was booted when it says something for the first time. */
const firstUptimeMs = 3_600_000;

/** One sender: its id is its Observation Domain and the source port of its flows. Remembers its sequence. */
export class NumberedExporter {
  readonly version: NumberedVersion;
  readonly sender: number;
  /** Number of the next flow. */
  next = 0;
  #sequence = 0;
  /** A boot that moves would be another one, and its gaps nobody's. */
  #bootMs: number | undefined;

  constructor(version: NumberedVersion, sender: number) {
    this.version = version;
    this.sender = sender;
  }

  /** Template, and samplers: to be sent before all else, and never again. */
  opening(nowMs: number): readonly Uint8Array[] {
    const template = templateRecord(numberedTemplateId, fieldsOf(this.version));
    const octets = samplers.map((id) =>
      this.version === 9 ? u32(0) + u8(id) + u8(2) + u32(100 * id) : u8(id) + u32(100 * id),
    );
    if (this.version === 9) {
      const options = optionsRecord9(samplersTemplateId, [[1, 4]], [[48, 1], [49, 1], [50, 4]]); // biome-ignore format: a list
      return [
        this.#message(nowMs, 1, set(0, template)),
        this.#message(nowMs, 4, set(1, options), set(samplersTemplateId, ...octets)),
      ];
    }
    const options = optionsRecord(samplersTemplateId, [[302, 1]], [[34, 4]]);
    return [
      this.#message(nowMs, 0, set(2, template)),
      this.#message(nowMs, 3, set(3, options), set(samplersTemplateId, ...octets)),
    ];
  }

  /** The next `count` flows. */
  data(nowMs: number, count: number): Uint8Array {
    const body = new Uint8Array(4 + count * numberedRecordBytes);
    const view = viewOf(body);
    view.setUint16(0, numberedTemplateId);
    view.setUint16(2, body.length);
    for (let i = 0; i < count; i++) this.#writeRecord(view, 4 + i * numberedRecordBytes, nowMs);
    return this.#message(nowMs, count, body);
  }

  #writeRecord(view: DataView, at: number, nowMs: number): void {
    const number = this.next++;
    view.setBigUint64(at, BigInt(number));
    view.setBigUint64(at + 8, BigInt(number + 1));
    view.setBigUint64(at + 16, BigInt(1 + (number % 1000)));
    view.setBigUint64(at + 24, BigInt(nowMs));
    view.setBigUint64(at + 32, BigInt(nowMs));
    view.setUint32(at + 40, 0x0a000000 + (number % 2 ** 24));
    view.setUint32(at + 44, 0xc0000200 + (number % 256));
    view.setUint16(at + 48, this.sender);
    view.setUint16(at + 50, number % 200);
    view.setUint8(at + 52, 17);
    view.setUint8(at + 53, 1 + (number % 3));
  }

  /** v9 counts datagrams (RFC 3954 5.1), IPFIX Data Records (RFC 7011 3.1). `records`: how many it has. */
  #message(nowMs: number, records: number, ...sets: readonly Uint8Array[]): Uint8Array {
    this.#bootMs ??= nowMs - firstUptimeMs;
    const values = {
      seconds: Math.floor(nowMs / 1000),
      uptimeMs: nowMs - this.#bootMs,
      sequence: this.#sequence,
      domain: this.sender,
      count: records,
    };
    this.#sequence = (this.#sequence + (this.version === 9 ? 1 : records)) >>> 0;
    return this.version === 9 ? netflow9(values, ...sets) : ipfix(values, joinBytes(...sets));
  }
}

/** The two senders that tests use: one speaks IPFIX, one v9. */
export const makeNumberedExporters = (): readonly NumberedExporter[] => [
  new NumberedExporter(10, 10_010),
  new NumberedExporter(9, 10_009),
];
