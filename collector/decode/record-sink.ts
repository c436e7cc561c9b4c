/**
 * What the decoder hands on: runs of Data Records under their Template. Two sinks exist: the column sink of the collector
 * and the printing one of `flowledger decode`. The octets belong to the caller and are valid during the call only.
 */

import type { Template } from '../../shared/protocol/template.ts';
import type { SinkState } from './decoder-state.ts';
import type { ObservationDomain } from './observation-domain.ts';
import type { RecordScan } from './record-scan.ts';
import type { TemplateEntry } from './template-entry.ts';

/** The Message a Set came in; kept with a Data Set that waits for its Template. */
export interface Message {
  readonly version: 5 | 9 | 10;
  /** 16 octets, IPv4 mapped. */
  readonly exporter: Uint8Array;
  readonly exporterPort: number;
  readonly domain: number;
  /** What is known of this exporter and domain: samplers, boot time, books. */
  readonly state: ObservationDomain;
  readonly sequence: number;
  /** Export time, whole seconds since 1970; `exportNanos` only in v5. */
  readonly exportSeconds: number;
  readonly exportNanos: number;
  /** Milliseconds; 0 in IPFIX. */
  readonly sysUptimeMs: number;
  /** v5 header: sampling mode and interval, as on the wire. */
  readonly v5Sampling: number;
  /** Microseconds since 1970. */
  readonly receivedMicros: number;
  /**
   * When the Set at hand could be read: `receivedMicros`, or for one that waited the time of receipt of the datagram that brought
   * its Template.
   */
  readonly readableMicros: number;
  /** Position of the datagram among those given to this decoder, from 0. */
  readonly datagram: number;
}

export interface DataRecords {
  /** The sink keeps what it compiled in `entry.plan`. */
  readonly entry: TemplateEntry;
  readonly template: Template;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Offset of the first record in `bytes`. */
  readonly at: number;
  readonly count: number;
  /** Offsets and lengths of every field of every record; for fixed-length Templates made when asked for. */
  scan(): RecordScan;
}

export interface RecordSink {
  /** A datagram begins; what follows belongs to it, also the records of Data Sets that waited. */
  datagram?(): void;
  flowRecords(records: DataRecords, message: Message): void;
  optionsRecords(records: DataRecords, message: Message): void;
  /** An exporter or an Observation Domain of one was heard for the first time. */
  domain?(domain: ObservationDomain): void;
  /** One was let go of, to make room. */
  forgotten?(domain: ObservationDomain): void;
  /** A Template was announced, changed or withdrawn (for listings). */
  template?(template: Template, message: Message, change: 'new' | 'replaced' | 'withdrawn'): void;
  /** What the sink has to remember across restarts, if it has. */
  save?(): SinkState;
  restore?(state: SinkState): void;
}
