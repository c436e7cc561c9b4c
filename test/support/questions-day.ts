/** Fifty-five minutes of a small office, by hand: what happened, for a test that asks about it. Times are minutes from its beginning. */

import type { SentFlow } from './flow-messages.ts';
import { createdSet, type End, gatewaySets, type Talk } from './questions-messages.ts';

const minuteMs = 60_000;
/** How long it lasts. */
export const dayMinutes = 55;

/** A whole minute, so long before now that the day has just ended. */
const dayStart = (nowMs: number): number => Math.floor(nowMs / minuteMs) * minuteMs - dayMinutes * minuteMs;

/** `198.51.100.80:443`, `[2001:db8::1]:443`; an address alone has port 0. */
const end = (text: string): End => {
  const [, v6, v4, port = '0'] = /^(?:\[(.+)\]|([0-9.]+)):(\d+)$/.exec(text) ?? [];
  return { address: v6 ?? v4 ?? text, port: Number(port) };
};

export const tcp = 6;
export const icmp = 1;
export const icmp6 = 58;
const wholeTcp = 0x1b;
/** Without FIN: it goes on. */
const openTcp = 0x1a;
const syn = 0x02;
const synReset = 0x06;
const synAck = 0x12;

export const publicAddress = '203.0.113.1';
export const vip = '10.0.2.100';
export const [firstDatabase, secondDatabase] = ['10.0.2.11', '10.0.2.12'] as const;
export const bad = '192.0.2.66';

type More = Partial<Omit<Talk, 'client' | 'server' | 'outside' | 'served'>> & {
  readonly outside?: string;
  readonly served?: string;
};

/** A story is told relative to its beginning. */
class Storyteller {
  readonly #zeroMs: number;
  constructor(zeroMs: number) {
    this.#zeroMs = zeroMs;
  }

  at(minutes: number, seconds = 0): number {
    return this.#zeroMs + minutes * minuteMs + seconds * 1000;
  }

  /** A TCP connection that went well, from a minute on for so many seconds. */
  talk(minutes: number, seconds: number, client: string, server: string, more: More = {}): Talk {
    const { outside, served, ...rest } = more;
    return {
      ...{ startMs: this.at(minutes), endMs: this.at(minutes, seconds), proto: tcp },
      ...{ client: end(client), server: end(server), up: 1000, down: 2000, packets: 10 },
      ...{ flags: wholeTcp, backFlags: wholeTcp },
      ...rest,
      ...(outside === undefined ? {} : { outside: end(outside) }),
      ...(served === undefined ? {} : { served: end(served) }),
    };
  }

  /** A SYN that nobody answered. */
  knock(minutes: number, client: string, server: string, more: More = {}): Talk {
    return this.talk(minutes, 0, client, server, {
      ...{ up: 60, down: 0, packets: 1, flags: syn, backFlags: 0 },
      ...more,
    });
  }
}

const count = <Item>(length: number, make: (i: number) => Item): Item[] =>
  Array.from({ length }, (_, i) => make(i));

/** A download that lasts longer than the active timeout: a record a minute, and one when it ends. */
const download = (tell: Storyteller): Talk[] =>
  [6, 6, 6, 12, 12, 3].map((megabytes, i) =>
    tell.talk(30 + i, i === 5 ? 30 : 60, '192.168.10.24:53000', '198.51.100.90:443', {
      ...{ up: i === 5 ? 30_000 : 60_000, down: megabytes * 1e6, packets: 1000 },
      ...{ flowId: 700, outside: `${publicAddress}:20010`, endReason: i === 5 ? 3 : 2 },
    }),
  );

/** Database connections of an application to an address that is none: the server behind it changes after the 14th minute. */
const databases = (tell: Storyteller): Talk[] => {
  const app = '10.0.1.20';
  const query = (minutes: number, port: number, server: string): Talk =>
    tell.talk(minutes, 5, `${app}:${port}`, `${vip}:5432`, { up: 300, down: 7000, served: `${server}:5432` });
  return [
    query(12, 41_001, firstDatabase),
    query(12.25, 41_002, firstDatabase),
    query(13, 41_003, firstDatabase),
    tell.knock(14, `${app}:41004`, `${vip}:5432`, { served: `${firstDatabase}:5432` }),
    query(14.5, 41_005, secondDatabase),
    query(15, 41_006, secondDatabase),
    query(15.25, 41_007, secondDatabase),
  ];
};

/** What the gateway tells: biflows with their translation. */
const gatewayTalks = (tell: Storyteller): Talk[] => [
  tell.talk(3, 10, '192.168.10.23:50900', '198.51.100.80:443', { outside: `${publicAddress}:20050` }),
  tell.talk(5, 60, '192.168.10.21:50001', '198.51.100.80:443', {
    ...{ up: 4000, down: 400_000, flowId: 1, outside: `${publicAddress}:20001` },
  }),
  // The same public port, a minute later, is another host's.
  tell.talk(7, 30, '192.168.10.22:51000', '198.51.100.80:443', {
    ...{ up: 5000, down: 50_000, flowId: 2, outside: `${publicAddress}:20001` },
  }),
  // The web server behind destination translation.
  tell.talk(10, 5, '198.51.100.200:40000', `${publicAddress}:443`, {
    ...{ up: 900, down: 30_000, flowId: 3, served: '10.0.1.10:8443' },
  }),
  ...databases(tell),
  tell.talk(19, 10, '192.168.10.23:51900', '198.51.100.80:443', { outside: `${publicAddress}:20051` }),
  tell.talk(20, 2, '192.168.10.23:52000', `${bad}:4444`, {
    ...{ up: 700, down: 900, outside: `${publicAddress}:20002` },
  }),
  tell.knock(21, '[2001:db8:10::23]:52001', '[2001:db8:bad::1]:443'),
  // A scan of the web server, of whose ports one is open.
  ...count(150, (i) => tell.knock(25, `192.168.10.66:${60_000 + i}`, `10.0.1.10:${1 + i}`)),
  tell.talk(25.5, 1, '192.168.10.66:61000', '10.0.1.10:8443', {
    up: 120,
    down: 60,
    packets: 2,
    flags: synReset,
    backFlags: synAck,
  }),
  // A proxy asks many, and is answered.
  ...count(150, (i) => tell.talk(26, 3, `10.0.1.30:${42_000 + i}`, `198.18.0.${1 + i}:443`)),
  ...download(tell),
  tell.talk(28, 5, '2001:db8:10::1', '2001:db8:10::2', {
    ...{ proto: icmp6, icmpTypeCode: 128 * 256, flags: 0, backFlags: 0, up: 520, down: 520, packets: 5 },
  }),
  tell.talk(37, 60, '192.168.10.25:54000', '198.51.100.91:22', {
    ...{ up: 6000, down: 8000, flowId: 77, endReason: 2, outside: `${publicAddress}:20020` },
    ...{ flags: openTcp, backFlags: openTcp },
  }),
];

/** A translation of which only the beginning is told. */
const created = (tell: Storyteller): Talk =>
  tell.talk(40, 0, '192.168.10.25:54001', '198.51.100.92:443', {
    ...{ flowId: 78, outside: `${publicAddress}:20003` },
  });

/** What the router tells: one record a direction. */
const routerTalks = (tell: Storyteller): Talk[] => [
  // The old server: nobody but monitoring asks for it, every five minutes.
  ...count(10, (i) =>
    tell.talk(5 * i, 1, '10.9.0.1', '10.0.3.5', {
      ...{ proto: icmp, icmpTypeCode: 8 * 256, flags: 0, backFlags: 0, up: 84, down: 84, packets: 1 },
    }),
  ),
  tell.talk(33, 20, '10.0.1.21:45000', '10.0.3.6:5432', { up: 2500, down: 12_500 }),
  tell.knock(34, '10.0.1.22:45001', '10.0.3.7:5432'),
  tell.talk(27, 30, '[2001:db8:10::21]:55000', '[2001:db8:80::1]:443', { up: 3000, down: 70_000 }),
  ...count(60, (i) => tell.knock(29, `192.168.10.67:${43_000 + i}`, `10.0.5.${1 + i}:22`)),
  tell.talk(40, 300, '192.168.20.5:40500', '10.0.4.1:873', { up: 3_000_000, down: 60_000, packets: 3000 }),
];

/** What a branch office tells, of one packet in a hundred, until the 20th minute. */
const branchFlows = (tell: Storyteller): SentFlow[] =>
  count(4, (i) => ({
    ...{ src: '172.16.5.5', dst: '172.16.6.6', srcPort: 47_000 + i, dstPort: 80, proto: tcp },
    ...{ packets: 10, bytes: 9000, startMs: tell.at(2 + 5 * i), endMs: tell.at(2 + 5 * i, 30) },
  }));

export interface OfficeDay {
  readonly gateway: readonly Uint8Array[];
  readonly router: readonly Talk[];
  readonly branch: readonly SentFlow[];
  /** Milliseconds since 1970 of a minute of it. */
  readonly at: (minutes: number, seconds?: number) => number;
}

export const tellDay = (nowMs: number): OfficeDay => {
  const tell = new Storyteller(dayStart(nowMs));
  return {
    gateway: [...gatewaySets(gatewayTalks(tell)), createdSet(created(tell))],
    router: routerTalks(tell),
    branch: branchFlows(tell),
    at: (minutes, seconds) => tell.at(minutes, seconds),
  };
};
