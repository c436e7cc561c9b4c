/** Datagrams of two exporters, laid out by hand: a gateway that sends biflows with their translation (IPFIX), and a router with NetFlow v9. */

import { reversePen } from '../../shared/elements/registry.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { ipfix, netflow9, set, templateRecord, u8, u16, u32, u64 } from './message-hex.ts';

export interface End {
  readonly address: string;
  readonly port: number;
}

/** A conversation, or a part of one. */
export interface Talk {
  readonly startMs: number;
  readonly endMs: number;
  readonly client: End;
  readonly server: End;
  readonly proto: number;
  /** Octets from the client and to it; 0: nothing came back. */
  readonly up: number;
  readonly down: number;
  readonly packets: number;
  readonly flags?: number;
  readonly backFlags?: number;
  readonly icmpTypeCode?: number;
  readonly endReason?: number;
  /** At the gateway. */
  readonly flowId?: number;
  /** What the client becomes outside, and which server is behind the address that it asked for. */
  readonly outside?: End;
  readonly served?: End;
}

const hexOf = (address: string): string => {
  const octets = parseAddress(address);
  if (octets === undefined) throw new Error(`${address} is no address`);
  return Buffer.from(address.includes(':') ? octets : octets.subarray(12)).toString('hex');
};

type Fields = readonly (readonly [id: number, lengthBytes: number, pen?: number])[];
const v4Addresses: Fields = [
  [8, 4],
  [12, 4],
];
const v6Addresses: Fields = [
  [27, 16],
  [28, 16],
];
const translation: Fields = [
  [225, 4],
  [226, 4],
  [227, 2],
  [228, 2],
];
const ports: Fields = [
  [7, 2],
  [11, 2],
  [4, 1],
];
/** Flags, octets and packets of both directions, flowStartMilliseconds, flowEndMilliseconds, flowEndReason, flowId. */
const biflow: Fields = [
  [6, 2],
  [6, 2, reversePen],
  [1, 8],
  [1, 8, reversePen],
  [2, 8],
  [2, 8, reversePen],
  [152, 8],
  [153, 8],
  [136, 1],
  [148, 8],
];
const ids = { plain: 256, translated: 257, six: 258, event: 259 } as const;

const gatewayTemplates = [
  templateRecord(ids.plain, [...v4Addresses, ...ports, [32, 2], ...biflow]),
  templateRecord(ids.translated, [...v4Addresses, ...ports, ...translation, ...biflow]),
  templateRecord(ids.six, [...v6Addresses, ...ports, [139, 2], ...biflow]),
  // observationTimeMilliseconds, natEvent, flowId
  templateRecord(ids.event, [[323, 8], [230, 1], ...v4Addresses, ...ports, ...translation, [148, 8]]),
];

const endsOf = ({ client, server, proto }: Talk): string =>
  hexOf(client.address) + hexOf(server.address) + u16(client.port) + u16(server.port) + u8(proto);

const translationOf = ({ client, server, outside = client, served = server }: Talk): string =>
  hexOf(outside.address) + hexOf(served.address) + u16(outside.port) + u16(served.port);

const biflowOf = (talk: Talk): string =>
  [
    u16(talk.flags ?? 0) + u16(talk.backFlags ?? 0),
    u64(talk.up) + u64(talk.down),
    u64(talk.packets) + u64(talk.down > 0 ? talk.packets : 0),
    u64(talk.startMs) + u64(talk.endMs) + u8(talk.endReason ?? 3) + u64(talk.flowId ?? 0),
  ].join('');

const isTranslated = ({ outside, served }: Talk): boolean => outside !== undefined || served !== undefined;

const gatewaySet = (talk: Talk): Uint8Array => {
  if (isTranslated(talk)) return set(ids.translated, endsOf(talk) + translationOf(talk) + biflowOf(talk));
  const id = talk.client.address.includes(':') ? ids.six : ids.plain;
  return set(id, endsOf(talk) + u16(talk.icmpTypeCode ?? 0) + biflowOf(talk));
};

const recordsPerMessage = 20;
const pieces = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(items.length / recordsPerMessage) }, (_, i) =>
    items.slice(i * recordsPerMessage, (i + 1) * recordsPerMessage),
  );

/** IPFIX, domain 7; the sequence number counts records (RFC 7011 3.1). */
export const gatewayMessages = (sets: readonly Uint8Array[], nowMs: number): Uint8Array[] => {
  const header = { seconds: Math.floor(nowMs / 1000), domain: 7 };
  return pieces(sets).map((some, i) =>
    ipfix(
      { ...header, sequence: i * recordsPerMessage },
      ...(i === 0 ? [set(2, ...gatewayTemplates)] : []),
      ...some,
    ),
  );
};

/** A Set of one record each. */
export const gatewaySets = (talks: readonly Talk[]): Uint8Array[] => talks.map(gatewaySet);

/** The creation of a translated session (RFC 8158: 4), and nothing of its end. */
export const createdSet = (talk: Talk): Uint8Array =>
  set(ids.event, u64(talk.startMs) + u8(4) + endsOf(talk) + translationOf(talk) + u64(talk.flowId ?? 0));

/** When the router was booted: so long before it sends. */
const uptimeMs = 3_600_000;
/** Flags, packets, octets, first and last (milliseconds since it was booted). */
const uniflow: Fields = [
  [6, 1],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
];

/** NetFlow v9, domain 9, one record a direction. ICMP's type and code are in the destination port, as routers do. */
export const routerMessages = (talks: readonly Talk[], nowMs: number): Uint8Array[] => {
  const seconds = Math.floor(nowMs / 1000);
  const bootMs = seconds * 1000 - uptimeMs;
  const half = (from: End, to: End, talk: Talk, octets: number, flags = 0, icmp = 0): Uint8Array[] =>
    octets === 0
      ? []
      : [
          set(
            from.address.includes(':') ? ids.six : ids.plain,
            hexOf(from.address) + hexOf(to.address) + u16(from.port) + u16(icmp || to.port) + u8(talk.proto),
            u8(flags) +
              u32(talk.packets) +
              u32(octets) +
              u32(talk.startMs - bootMs) +
              u32(talk.endMs - bootMs),
          ),
        ];
  const sets = talks.flatMap((talk) => [
    ...half(talk.client, talk.server, talk, talk.up, talk.flags, talk.icmpTypeCode),
    ...half(talk.server, talk.client, talk, talk.down, talk.backFlags),
  ]);
  const templates = [
    templateRecord(ids.plain, [...v4Addresses, ...ports, ...uniflow]),
    templateRecord(ids.six, [...v6Addresses, ...ports, ...uniflow]),
  ];
  return pieces(sets).map((some, i) =>
    netflow9(
      { sequence: i, seconds, uptimeMs, domain: 9, count: some.length + (i === 0 ? templates.length : 0) },
      ...(i === 0 ? [set(0, ...templates)] : []),
      ...some,
    ),
  );
};
