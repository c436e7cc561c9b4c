/**
 * Makes NetFlow v9 datagrams (RFC 3954) as a router at the edge of a campus sends them: 23 records of 62 octets each, heavy-tailed
 * hosts, service ports, log-normal sizes. Pure: the same seed gives the same octets. Times are put in when a datagram is sent.
 */

export const recordsPerDatagram = 23;
export const templateId = 256;

/** Field type and length, RFC 3954 8. Counters are 64 bits wide as on current routers; TCP flags have two octets as in IPFIX. */
export const templateFields = [
  [8, 4], // IPV4_SRC_ADDR
  [12, 4], // IPV4_DST_ADDR
  [15, 4], // IPV4_NEXT_HOP
  [10, 4], // INPUT_SNMP
  [14, 4], // OUTPUT_SNMP
  [2, 8], // IN_PKTS
  [1, 8], // IN_BYTES
  [22, 4], // FIRST_SWITCHED
  [21, 4], // LAST_SWITCHED
  [7, 2], // L4_SRC_PORT
  [11, 2], // L4_DST_PORT
  [6, 2], // TCP_FLAGS
  [4, 1], // PROTOCOL
  [5, 1], // SRC_TOS
  [16, 4], // SRC_AS
  [17, 4], // DST_AS
  [9, 1], // SRC_MASK
  [13, 1], // DST_MASK
] as const;

export const recordBytes = templateFields.reduce((sum, [, lengthBytes]) => sum + lengthBytes, 0);
/** Of the first record in a datagram: behind the Message Header and the header of the FlowSet. */
export const firstRecordAt = 24;
export const firstSwitchedAt = 36;
export const lastSwitchedAt = 40;
/** FlowSets are padded to four octets. */
export const dataDatagramBytes = firstRecordAt + ((recordsPerDatagram * recordBytes + 3) & ~3);

/** What the times in a fresh datagram are relative to: its sysUptime. */
export const freshUptimeMs = 3_600_000;

const insideHosts = 20_000;
const outsideHosts = 180_000;
const flowSpanMs = 60_000;

/** Port, protocol, weight. */
const services = [
  [443, 6, 46],
  [443, 17, 18],
  [53, 17, 14],
  [80, 6, 7],
  [123, 17, 3],
  [22, 6, 2],
  [25, 6, 1.5],
  [993, 6, 1.5],
  [3478, 17, 1.5],
  [8080, 6, 1],
  [0, 1, 1.5], // ICMP echo: type and code are where the destination port is
] as const;
const serviceWeight = services.reduce((sum, [, , weight]) => sum + weight, 0);

/** Spreads small numbers over 32 bits, the same way every time. */
const scatter = (value: number): number => {
  let x = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return (x ^ (x >>> 16)) >>> 0;
};

const insideAddress = (host: number): number =>
  (0x0a000000 | ((host >>> 7) << 8) | (((host & 127) << 1) + 1)) >>> 0;

/** A public address: the first octet is 11..126 or 128..223 at most. */
const outsideAddress = (host: number): number => {
  const spread = scatter(host);
  const first = 11 + ((spread >>> 24) % 200);
  return ((((first >= 127 ? first + 1 : first) << 24) >>> 0) + (spread & 0xffffff)) >>> 0;
};

export class FlowGenerator {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  /** The Template alone, as it is sent first and now and then. Header times, sequence and domain are 0. */
  templateDatagram(): Uint8Array {
    const bytes = new Uint8Array(20 + 8 + 4 * templateFields.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 9);
    view.setUint16(2, 1);
    view.setUint16(22, bytes.length - 20);
    view.setUint16(24, templateId);
    view.setUint16(26, templateFields.length);
    templateFields.forEach(([type, lengthBytes], i) => {
      view.setUint16(28 + 4 * i, type);
      view.setUint16(30 + 4 * i, lengthBytes);
    });
    return bytes;
  }

  /** 23 flows that nobody has seen; times are relative to a sysUptime of `freshUptimeMs`. */
  dataDatagram(): Uint8Array {
    const bytes = new Uint8Array(dataDatagramBytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 9);
    view.setUint16(2, recordsPerDatagram);
    view.setUint32(4, freshUptimeMs);
    view.setUint16(20, templateId);
    view.setUint16(22, dataDatagramBytes - 20);
    for (let i = 0; i < recordsPerDatagram; i++) this.#writeRecord(view, firstRecordAt + i * recordBytes);
    return bytes;
  }

  #writeRecord(view: DataView, at: number): void {
    const [port, protocol] = this.#service();
    const inside = this.#tail(insideHosts);
    const outside = this.#tail(outsideHosts);
    const outward = this.#uniform() < 0.5;
    const ephemeral = 32768 + Math.floor(this.#uniform() * 28232);
    const asNumber = 1000 + (scatter(outside) % 5000);
    const accessInterface = 1 + (inside % 44);
    const uplink = 101 + (asNumber % 4);
    const outsideMask = 16 + (scatter(asNumber) % 9);
    view.setUint32(at, outward ? insideAddress(inside) : outsideAddress(outside));
    view.setUint32(at + 4, outward ? outsideAddress(outside) : insideAddress(inside));
    view.setUint32(at + 8, outward ? 0xc6336401 + uplink : 0x0a000001 + accessInterface * 256);
    view.setUint32(at + 12, outward ? accessInterface : uplink);
    view.setUint32(at + 16, outward ? uplink : accessInterface);
    const packets = Math.max(1, Math.round(this.#logNormal(1.4, 1.6)));
    const octetsPerPacket = Math.min(1500, Math.max(40, Math.round(this.#logNormal(5.2, 1))));
    view.setUint32(at + 24, packets);
    view.setUint32(at + 32, packets * octetsPerPacket);
    const endAgeMs = Math.floor(this.#uniform() * (flowSpanMs / 2));
    const lastedMs = packets === 1 ? 0 : Math.min(flowSpanMs - endAgeMs, Math.round(this.#logNormal(6.5, 2)));
    view.setUint32(at + firstSwitchedAt, freshUptimeMs - endAgeMs - lastedMs);
    view.setUint32(at + lastSwitchedAt, freshUptimeMs - endAgeMs);
    const icmp = protocol === 1;
    view.setUint16(at + 44, icmp ? 0 : outward ? ephemeral : port);
    view.setUint16(at + 46, icmp ? (outward ? 0x0800 : 0) : outward ? port : ephemeral);
    view.setUint16(at + 48, protocol !== 6 ? 0 : packets < 3 ? 0x02 : packets < 6 ? 0x13 : 0x1b);
    view.setUint8(at + 50, protocol);
    view.setUint8(at + 51, this.#uniform() < 0.9 ? 0 : 0xb8);
    view.setUint32(at + 52, outward ? 64500 : asNumber);
    view.setUint32(at + 56, outward ? asNumber : 64500);
    view.setUint8(at + 60, outward ? 24 : outsideMask);
    view.setUint8(at + 61, outward ? outsideMask : 24);
  }

  #service(): readonly [number, number] {
    let weight = this.#uniform() * serviceWeight;
    for (const [port, protocol, share] of services) {
      weight -= share;
      if (weight < 0) return [port, protocol];
    }
    return [443, 6];
  }

  /** 0..count-1, the first ones by far the most often: as likely in 1..10 as in 10..100. */
  #tail(count: number): number {
    return Math.floor(count ** this.#uniform()) - 1;
  }

  #logNormal(mu: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#uniform())) * Math.cos(2 * Math.PI * this.#uniform());
    return Math.exp(mu + sigma * normal);
  }

  /** [0, 1): mulberry32, which is small and good enough. */
  #uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }
}

export interface SendingMoment {
  readonly uptimeMs: number;
  readonly unixSeconds: number;
  /** v9 counts datagrams, those with Templates too. */
  readonly sequence: number;
  readonly domain: number;
}

/** Puts the moment of sending into a datagram; the times of its flows move along with its sysUptime. */
export const patchDatagram = (view: DataView, moment: SendingMoment): void => {
  const moveMs = moment.uptimeMs - view.getUint32(4);
  view.setUint32(4, moment.uptimeMs);
  view.setUint32(8, moment.unixSeconds);
  view.setUint32(12, moment.sequence);
  view.setUint32(16, moment.domain);
  if (view.getUint16(20) !== templateId) return;
  for (let i = 0, at = firstRecordAt; i < recordsPerDatagram; i++, at += recordBytes) {
    view.setUint32(at + firstSwitchedAt, view.getUint32(at + firstSwitchedAt) + moveMs);
    view.setUint32(at + lastSwitchedAt, view.getUint32(at + lastSwitchedAt) + moveMs);
  }
};
