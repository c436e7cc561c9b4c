/**
 * Fills one Message after the other: Sets in the order in which records come, a Set as long as records of its kind follow each
 * other. Headers and sequence numbers of IPFIX (RFC 7011 3.1) and NetFlow v9 (RFC 3954 5.1).
 */

import { ipfixHeaderBytes, writeIpfixHeader } from '../../shared/protocol/ipfix.ts';
import { netflow9HeaderBytes, writeNetflow9Header } from '../../shared/protocol/netflow9.ts';
import { firstDataSetId, setHeaderBytes, writeSetHeader } from '../../shared/protocol/sets.ts';
import type { ExportSettings } from './export-settings.ts';
import type { SendMessage } from './session.ts';

/** The length of an IPFIX Message has 16 bits. */
const maxMessageBytes = 65535;
const twoTo32 = 2 ** 32;

export class MessageWriter {
  readonly bytes = new Uint8Array(maxMessageBytes);
  readonly view = new DataView(this.bytes.buffer);
  /** When the open Message got its first record. */
  openedMs = 0;
  /** What the open Message carries: its writer adds to them. */
  flowRecords = 0;
  packets = 0;
  octets = 0;
  /** Messages sent since the session began. */
  messages = 0;
  readonly #settings: Pick<ExportSettings, 'protocol' | 'domain' | 'bootMs'>;
  readonly #isIpfix: boolean;
  readonly #send: SendMessage;
  readonly #headerBytes: number;
  #payloadBytes: number;
  /** Where the next record goes. */
  #at: number;
  /** Where the open Set begins; 0: none is open. */
  #setAt = 0;
  #setId = 0;
  /** Records in the open Message, Template Records included, and Data Records. */
  #records = 0;
  #dataRecords = 0;
  /** Data Records in Messages that were sent. */
  #sentRecords = 0;

  constructor(
    settings: Pick<ExportSettings, 'protocol' | 'domain' | 'bootMs'>,
    payloadBytes: number,
    send: SendMessage,
  ) {
    this.#settings = settings;
    this.#isIpfix = settings.protocol === 'ipfix';
    this.#payloadBytes = payloadBytes;
    this.#send = send;
    this.#headerBytes = this.#isIpfix ? ipfixHeaderBytes : netflow9HeaderBytes;
    this.#at = this.#headerBytes;
  }

  /** Octets that a Message may have. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** A Message that is being filled, and is longer than will be allowed, goes while it still is. */
  set payloadBytes(value: number) {
    if (this.#paddedEnd(this.#at) > value) this.flush(this.openedMs);
    this.#payloadBytes = value;
  }

  /** Octets that a record may have in a Message of its own. */
  get roomBytes(): number {
    const room = Math.min(this.#payloadBytes, maxMessageBytes) - this.#headerBytes - setHeaderBytes;
    return this.#isIpfix ? room : room & ~3;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Sequence numbers count from 0 again. */
  reset(): void {
    this.#sentRecords = 0;
    this.messages = 0;
  }

  /**
   * Where a record of `lengthBytes` goes, into a Set with this id; a Message that has no room for it is sent first.
   * @throws Error: it would not fit into an empty Message either; `payloadBytes` is too small to work with.
   */
  place(setId: number, lengthBytes: number, nowMs: number): number {
    if (setId === this.#setId && this.#setAt !== 0 && this.#fits(this.#at + lengthBytes)) return this.#at;
    this.#closeSet();
    if (!this.#fits(this.#at + setHeaderBytes + lengthBytes)) {
      this.flush(nowMs);
      if (!this.#fits(this.#at + setHeaderBytes + lengthBytes))
        throw new Error(`a record of ${lengthBytes} octets does not fit into ${this.#payloadBytes}`);
    }
    if (this.#records === 0) this.openedMs = nowMs;
    this.#setAt = this.#at;
    this.#setId = setId;
    this.#at += setHeaderBytes;
    return this.#at;
  }

  /** The record that was placed ends here. */
  endRecord(end: number): void {
    this.#at = end;
    this.#records++;
    if (this.#setId >= firstDataSetId) this.#dataRecords++;
  }

  /** Sends the open Message, if anything is in it. */
  flush(nowMs: number): void {
    if (this.#records === 0) return;
    this.#closeSet();
    const lengthBytes = this.#at;
    this.#writeHeader(lengthBytes, Math.floor(nowMs / 1000));
    // The buffer is filled again at once, while the system may still be sending.
    const message = Buffer.allocUnsafe(lengthBytes);
    message.set(this.bytes.subarray(0, lengthBytes));
    const contents = { flowRecords: this.flowRecords, packets: this.packets, octets: this.octets };
    this.messages++;
    this.#sentRecords += this.#dataRecords;
    this.#at = this.#headerBytes;
    this.#records = 0;
    this.#dataRecords = 0;
    this.flowRecords = 0;
    this.packets = 0;
    this.octets = 0;
    this.#send(message, contents);
  }

  #fits(end: number): boolean {
    return this.#paddedEnd(end) <= Math.min(this.#payloadBytes, maxMessageBytes);
  }

  /** NetFlow v9 pads its Sets to four octets (RFC 3954 5.2), so there must be room for that, too. */
  #paddedEnd(end: number): number {
    return this.#isIpfix ? end : (end + 3) & ~3;
  }

  #closeSet(): void {
    if (this.#setAt === 0) return;
    if (!this.#isIpfix) while (this.#at % 4 !== 0) this.bytes[this.#at++] = 0;
    writeSetHeader(this.view, this.#setAt, this.#setId, this.#at - this.#setAt);
    this.#setAt = 0;
  }

  #writeHeader(lengthBytes: number, exportSeconds: number): void {
    const { domain, bootMs } = this.#settings;
    if (this.#isIpfix) {
      const sequence = this.#sentRecords % twoTo32;
      writeIpfixHeader(this.view, 0, { lengthBytes, exportSeconds, sequence, domain });
      return;
    }
    writeNetflow9Header(this.view, 0, {
      count: this.#records,
      // The uptime at that whole second, not at the fraction of it: collectors take their difference for the time of the boot.
      sysUptimeMs: exportSeconds * 1000 - bootMs,
      exportSeconds,
      sequence: this.messages,
      domain,
    });
  }
}
