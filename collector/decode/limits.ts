/** What a stranger can fill, how far, and what goes first when it is full. Each limit can be lowered in tests. */
export interface DecoderLimits {
  /** Exporter addresses times Observation Domains; the eighth that was heard longest ago goes. */
  readonly domains: number;
  /** Ports of one domain that have Templates of their own; the half that was heard longest ago goes. */
  readonly sessionsPerDomain: number;
  /** Templates of one session; the half that was used longest ago goes. */
  readonly templatesPerSession: number;
  /** Fields of all Templates of a domain; past it new Templates are refused. */
  readonly templateFieldsPerDomain: number;
  /** Sessions, and fields of Templates, of all domains (a field takes some 130 octets once compiled); domains go as above. */
  readonly sessions: number;
  readonly templateFields: number;
  /**
   * Octets of Data Sets that wait for their Template, and `waitingSetBytes` for each; past it the newcomer is dropped, and
   * counted.
   */
  readonly waitingBytes: number;
  readonly waitingBytesPerDomain: number;
  /** How long a Data Set waits, and how long an unused Template lives, by the time of receipt. */
  readonly waitingMicros: number;
  readonly templateMicros: number;
  /** Sampler ids of a domain; past it new ones are ignored, and counted. */
  readonly samplersPerDomain: number;
  /** Elements that were announced in a domain (RFC 5610); past it new ones are ignored, and counted. */
  readonly announcedPerDomain: number;
  /** How often an hour of receipt they may become others; past it they stay what they are, and it is counted. */
  readonly announcedChangesPerDomain: number;
  /** The same of all domains (each takes some 500 octets); domains go as above. */
  readonly announcedElements: number;
  /** Keys of `extra` that are no plain names of the registry; past it values under new ones are not kept, and counted. */
  readonly extraKeys: number;
  /** New rows of options data an hour of receipt; past it they are refused, and counted. */
  readonly optionsRowsPerDomain: number;
}

/** What it takes to keep a Data Set, beside its octets: a datagram can hold 16,000 Sets. */
export const waitingSetBytes = 320;

/** Characters of the name of an element that was announced; the rest is cut off. */
export const announcedNameLength = 64;

/** Rows that one datagram can make, with those of Data Sets that waited for its Templates; past it records are dropped, and counted. */
export const rowsPerDatagram = 131_072;

const minute = 60e6;

export const decoderLimits: DecoderLimits = {
  domains: 16384,
  sessionsPerDomain: 64,
  templatesPerSession: 1024,
  templateFieldsPerDomain: 65536,
  sessions: 65536,
  templateFields: 500_000,
  waitingBytes: 16 << 20,
  waitingBytesPerDomain: 2 << 20,
  waitingMicros: 30 * minute,
  templateMicros: 24 * 60 * minute,
  samplersPerDomain: 1024,
  announcedPerDomain: 1024,
  announcedChangesPerDomain: 1024,
  announcedElements: 65_536,
  extraKeys: 4096,
  optionsRowsPerDomain: 10_000,
};
