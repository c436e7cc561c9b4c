/** A datagram lying in `[at, end)` of `bytes`; `address` has the exporter's 16 octets at `addressAt`. Not kept. */
export interface Datagram {
  bytes: Uint8Array;
  view: DataView;
  at: number;
  end: number;
  address: Uint8Array;
  addressAt: number;
  exporterPort: number;
  receivedMicros: number;
}
