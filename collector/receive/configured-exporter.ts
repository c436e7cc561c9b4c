/** A line of `--exporters FILE.csv`: what the operator says of an exporter. */
export interface ConfiguredExporter {
  /** 16 octets in hex. */
  readonly address: string;
  readonly name: string;
  readonly site: string;
  /** 0: as the exporter says. */
  readonly sampling: number;
}
