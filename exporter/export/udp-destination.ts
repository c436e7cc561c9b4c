/** A collector, as far as UDP tells of it. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { formatHostPort } from '../../shared/service/host-port.ts';
import type { Log } from '../../shared/service/log.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { type ConnectedSocket, connectSocket, type RemoteAddress } from './connected-socket.ts';
import type { DestinationUrl } from './destination-url.ts';
import type { ExportingCounters } from './export-settings.ts';
import { payloadBytesOf, smallerPayloadBytes } from './payload-bytes.ts';
import type { MessageContents } from './session.ts';

/** Names are resolved again so often, and sooner while the collector refuses or there is no socket. */
const resolveMs = 60_000;
const retryMs = 5000;
/** No refusal for so long, though Messages were sent: it takes them again. */
const recoveryMs = 10_000;
/** ICMP about a Message comes within a round trip, so one that is older was not refused. */
const settledMs = 1000;
/** Messages of the former size may still be under way when a smaller one was chosen. */
const shrinkMs = 10_000;
/** The address that the socket was bound to has gone (another uplink, a new lease): it never works again, a new one may. */
const staleCodes: ReadonlySet<string> = new Set(['EINVAL', 'ENETUNREACH', 'EADDRNOTAVAIL']);

export type LookupAddresses = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Addresses are 16 octets, IPv4 mapped. */
export interface ExportEndpoint {
  readonly address: Uint8Array;
  readonly port: number;
  readonly localPort: number;
}

export interface UdpDestinationOptions {
  readonly url: DestinationUrl;
  readonly mtuBytes: number | undefined;
  readonly nowMs: () => number;
  readonly log: Log;
  /** There is another socket, to another collector for all we know. `moveOver` leaves the former one, if there is one. */
  readonly onChange: (moveOver: () => void) => void;
  /** Nobody takes Messages there; again at each refusal. */
  readonly onRefused: () => void;
  /** For tests. */
  readonly lookup?: LookupAddresses | undefined;
}

const lookupAll: LookupAddresses = (host) => lookup(host, { all: true });

export class UdpDestination {
  readonly name: string;
  /**
   * Each Message is counted once: as sent when it left this machine and was not refused, else as not sent. A refusal does not say
   * of which Message it is: it is taken to be of the last that left, which is therefore counted only when another has left, or
   * after a second. Of several that are refused at once maybe only one is known.
   */
  readonly counters: ExportingCounters = {
    messages: 0,
    flowRecords: 0,
    octets: 0,
    notSentFlows: 0,
    notSentMessages: 0,
    notSentPackets: 0,
    notSentOctets: 0,
    firstLossMs: 0,
    lastLossMs: 0,
  };
  payloadBytes: number;
  endpoint: ExportEndpoint | undefined;
  /** When it last refused; -Infinity for never. */
  refusedMs = Number.NEGATIVE_INFINITY;
  readonly #options: UdpDestinationOptions;
  #socket: ConnectedSocket | undefined;
  #isRefusing = false;
  #sentSinceRefusal = false;
  #triedMs = Number.NEGATIVE_INFINITY;
  #isOpening = false;
  #isClosed = false;
  #isStale = false;
  #shrunkMs = Number.NEGATIVE_INFINITY;
  /** The last Message that left, until it is counted. */
  readonly #last = { isOpen: false, sentMs: 0, lengthBytes: 0, flowRecords: 0, packets: 0, octets: 0 };

  constructor(options: UdpDestinationOptions) {
    this.#options = options;
    this.name = options.url.name;
    this.payloadBytes = payloadBytesOf(4, options.mtuBytes);
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** It refused, and has not been silent for long enough since then. */
  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  get inFlight(): number {
    return this.#socket?.inFlight ?? 0;
  }

  /** Resolves the name; makes a socket unless the one there is has an address of that name. Rejects when there is no way. */
  async open(): Promise<void> {
    const { url, nowMs, onChange, lookup: find = lookupAll } = this.#options;
    this.#triedMs = nowMs();
    const found = await find(url.host);
    // A name with several addresses has them in any order: no reason to leave the one that is used.
    const isKnown = found.some(({ address }) => address === this.#socket?.remote.address);
    if (isKnown && !this.#isStale) return;
    const [first] = found;
    if (first === undefined) throw new Error('the name has no address');
    const remote: RemoteAddress = {
      address: first.address,
      family: first.family === 6 ? 6 : 4,
      port: url.port,
    };
    // What still comes of a socket that was left says nothing of the new one.
    const isCurrent = (): boolean => this.#socket?.remote === remote;
    const socket = await connectSocket(remote, {
      sent: this.#sent,
      failed: (code, contents) => {
        this.drop(contents);
        if (isCurrent()) this.#failed(code);
      },
      refused: (code) => {
        if (isCurrent()) this.#refused(code);
      },
    });
    if (this.#isClosed) return socket.close();
    onChange(() => this.#moveTo(socket));
  }

  /** Makes one attempt; what does not go is counted. */
  send(message: Uint8Array, contents: MessageContents): void {
    if (!this.#isClosed && this.#socket?.send(message, contents)) return;
    this.drop(contents);
    if (this.#socket && !this.#isClosed)
      this.#options.log.limited(`busy ${this.name}`, 'warn', `${this.name}: the system sends too slowly`);
  }

  /** Counts a Message that is given up. */
  drop(contents: MessageContents): void {
    const { counters } = this;
    counters.notSentMessages++;
    counters.notSentFlows += contents.flowRecords;
    counters.notSentPackets += contents.packets;
    counters.notSentOctets += contents.octets;
    counters.lastLossMs = this.#options.nowMs();
    if (counters.firstLossMs === 0) counters.firstLossMs = counters.lastLossMs;
  }

  /** To be called now and then: resolves the name again when it is time, and says when the collector is back. */
  tick(nowMs: number): void {
    if (Math.abs(nowMs - this.#last.sentMs) >= settledMs) this.#settle();
    if (this.#isRefusing && this.#sentSinceRefusal && Math.abs(nowMs - this.refusedMs) >= recoveryMs) {
      this.#isRefusing = false;
      this.#options.log.info(`collector ${this.name} takes Messages again`);
    }
    const isLiteral = isIP(this.#options.url.host.replace(/%.*/, '')) !== 0;
    if (this.#isOpening || (this.isOpen && isLiteral && !this.#isStale)) return;
    const waitMs = this.isOpen && !this.#isRefusing ? resolveMs : retryMs;
    if (Math.abs(nowMs - this.#triedMs) < waitMs) return;
    this.#isOpening = true;
    this.open()
      .catch((error: Error) => {
        this.#options.log.limited(`open ${this.name}`, 'warn', `collector ${this.name}: ${error.message}`);
      })
      .finally(() => {
        this.#isOpening = false;
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#socket?.close();
    this.#settle();
  }

  #moveTo(socket: ConnectedSocket): void {
    const { address, family, port } = socket.remote;
    const former = this.#socket;
    this.#settle();
    this.#socket = socket;
    this.#isRefusing = false;
    this.refusedMs = Number.NEGATIVE_INFINITY;
    this.#isStale = false;
    this.payloadBytes = payloadBytesOf(family, this.#options.mtuBytes);
    this.endpoint = {
      address: parseAddress(address.replace(/%.*/, '')) ?? new Uint8Array(16),
      port,
      localPort: socket.localPort,
    };
    void former?.close();
    if (former === undefined) return;
    this.#options.log.info(
      former.remote.address === address
        ? `collector ${this.name} gets a new socket`
        : `collector ${this.name} is now ${formatHostPort(address, port)}`,
    );
  }

  readonly #sent = (lengthBytes: number, contents: MessageContents): void => {
    this.#settle();
    const last = this.#last;
    last.isOpen = true;
    last.sentMs = this.#options.nowMs();
    last.lengthBytes = lengthBytes;
    last.flowRecords = contents.flowRecords;
    last.packets = contents.packets;
    last.octets = contents.octets;
    this.#sentSinceRefusal = true;
  };

  #settle(): void {
    if (!this.#last.isOpen) return;
    this.#last.isOpen = false;
    this.counters.messages++;
    this.counters.flowRecords += this.#last.flowRecords;
    this.counters.octets += this.#last.lengthBytes;
  }

  #failed(code: string): void {
    if (code === 'EMSGSIZE') this.#shrink();
    else if (code === 'ENOBUFS' || code === 'EAGAIN' || code === 'ECANCELED')
      this.#options.log.limited(`${code} ${this.name}`, 'warn', `${this.name}: not sent (${code})`);
    else if (code === 'ECONNREFUSED') this.#refused(code);
    else this.#noteRefusal(code);
  }

  #refused(code: string): void {
    if (this.#last.isOpen) this.drop(this.#last);
    this.#last.isOpen = false;
    if (code === 'EMSGSIZE') this.#shrink();
    else this.#noteRefusal(code);
  }

  #noteRefusal(code: string): void {
    this.refusedMs = this.#options.nowMs();
    this.#sentSinceRefusal = false;
    this.#isStale ||= staleCodes.has(code);
    if (!this.#isRefusing) {
      this.#isRefusing = true;
      this.#options.log.warn(
        code === 'ECONNREFUSED'
          ? `collector ${this.name} refuses (ICMP port unreachable): is it running?`
          : `collector ${this.name} cannot be reached (${code})`,
      );
    }
    this.#options.onRefused();
  }

  /** Node tells no path MTU, and ICMP about larger Messages comes once for each of them. */
  #shrink(): void {
    const nowMs = this.#options.nowMs();
    const formerBytes = this.payloadBytes;
    if (Math.abs(nowMs - this.#shrunkMs) < shrinkMs) return;
    this.#shrunkMs = nowMs;
    this.payloadBytes = smallerPayloadBytes(formerBytes);
    this.#options.log.warn(
      `collector ${this.name}: Messages of ${formerBytes} octets are too large for the path; from now on ${this.payloadBytes}`,
    );
  }
}
