/** How records are sent; complete and read-only. */
export interface ExportSettings {
  readonly protocol: 'ipfix' | 'netflow9';
  readonly domain: number;
  /** Two records with swapped ends instead of reverse elements, for collectors that do not know RFC 5103. */
  readonly uniflow: boolean;
  /** NetFlow v9: absolute milliseconds (152, 153) instead of sysUpTime (21, 22). */
  readonly absoluteTimes: boolean;
  /** Enterprise number of our own elements; 32473 is the example number of RFC 5612. */
  readonly pen: number;
  /** A record waits at most so long for others. */
  readonly maxDelayMs: number;
  readonly templateRefreshMs: number;
  readonly templateRefreshMessages: number;
  /** When the exporter began to run: NetFlow v9 times count from here. */
  readonly bootMs: number;
  /** RFC 5610 names, versions and timeouts that are exported as options. */
  readonly description: ExporterDescription;
  /** Packet sampling, one in so many; 1 is none. */
  readonly samplingInterval: number;
  /** As they are known; more may be added later. */
  readonly interfaces: readonly ExportedInterface[];
}

export interface ExporterDescription {
  readonly version: string;
  readonly activeTimeoutSeconds: number;
  readonly idleTimeoutSeconds: number;
}

export interface ExportedInterface {
  readonly index: number;
  readonly name: string;
  readonly description: string;
}

/** What the metering side counts, exported as options (RFC 7011 4.1, 4.2). All since the start. */
export interface MeteringCounters {
  observedFlows: number;
  ignoredPackets: number;
  ignoredOctets: number;
  /** Kernel events lost (ENOBUFS), each answered by a dump. */
  overruns: number;
  resyncs: number;
  /** First and last time that packets or events were lost or ignored; 0 for never. */
  firstLossMs: number;
  lastLossMs: number;
}

/** What the exporting side counts (RFC 7011 4.1, 4.3), of one destination, since the start. */
export interface ExportingCounters {
  messages: number;
  flowRecords: number;
  octets: number;
  /** Not sent: refused by the system, or by the peer as far as it says so. */
  notSentFlows: number;
  notSentMessages: number;
  notSentPackets: number;
  notSentOctets: number;
  firstLossMs: number;
  lastLossMs: number;
}
