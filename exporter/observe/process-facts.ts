/** What is known of the process at one end of a connection. */

/** Numbers as they are exported; 0 is not sent: nothing is known then. */
export const processQualities = {
  /** The socket's user. */
  uidOnly: 1,
  /** And its control group, so the service is known. */
  cgroup: 2,
  /** And the one process that had the socket open when the connection began. */
  exact: 3,
  /** A process that had the same socket open some time before, and still runs. */
  cached: 4,
} as const;
export type ProcessQuality = (typeof processQualities)[keyof typeof processQualities];

/** The user or group that the kernel says for none ((uid_t) -1). */
export const noId = 0xffffffff;

/** One object may be shared by all connections of a process: it never changes. Texts that are not known are empty. */
export interface ProcessFacts {
  readonly quality: ProcessQuality;
  /** 0: not known. */
  readonly pid: number;
  readonly uid: number;
  /** `noId`: not known. */
  readonly gid: number;
  /** comm: at most 15 octets. */
  readonly name: string;
  readonly user: string;
  /** Arguments joined by blanks, cut and redacted as was asked for. */
  readonly command: string;
  /** Path below the root of the hierarchy, `/system.slice/nginx.service`. */
  readonly cgroup: string;
  /** Number of the control group (its inode); exact up to 2^53. 0: not known. */
  readonly cgroupId: number;
  /** 64 hex digits of a container runtime. */
  readonly containerId: string;
}
