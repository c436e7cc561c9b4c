/** Where the octets of a log come from, and who takes them. */

/** Which file it is, whatever it is called: numbers of the system as text, as they may need 64 bits. */
export interface FileIdentity {
  readonly device: string;
  readonly inode: string;
}

/** Where octets begin that belong together. */
export interface LogStart {
  /** In the file; unpacked. */
  readonly position: number;
  /** Lines before it. */
  readonly line: number;
}

/** `whole`: all of it was there. `cut`: the rest of its last line is gone. `waiting`: more may come, when we are not there. */
export type LogEnd = 'whole' | 'cut' | 'waiting';

/** `begin`, its octets, `end`; and that again for another file, or for one that begins anew. */
export interface LogReceiver {
  begin(start: LogStart): void;
  /** `writtenMs`: when the last of them was written, as far as that is known. They are the reader's again when the promise is fulfilled. */
  octets(piece: Uint8Array, writtenMs: number): Promise<void>;
  end(how: LogEnd): Promise<void>;
}

export interface LogSource {
  /** For people. */
  readonly name: string;
  /** What is read was written just now, so that the clock's time is the log's. */
  readonly isLive: boolean;
  /** 0 where nobody knows. */
  readonly totalOctets: number;
  /**
   * Gives everything to the receiver; to be called once.
   * @throws the system's error when it cannot be read; CaptureError when its gzip is damaged.
   */
  read(receiver: LogReceiver): Promise<void>;
  /** `read` ends soon, with what was read already. */
  stop(): void;
}
