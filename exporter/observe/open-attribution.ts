/** Attribution as a reading thread has it, put together out of the files of this machine. */

import { readFileSync } from 'node:fs';
import { Attribution } from './attribution.ts';
import { AttributionRecorder } from './attribution-recorder.ts';
import { CgroupPaths, findCgroupMount } from './cgroup-paths.ts';
import { LocalAddresses } from './local-addresses.ts';
import { type CommandOptions, ProcessDescriber } from './process-describer.ts';
import { ProcFiles } from './process-reader.ts';
import { ProcessSockets } from './process-sockets.ts';
import { ProcessUsers } from './process-users.ts';
import { SockDiag } from './sock-diag.ts';

export interface OpenAttribution {
  readonly attribution: Attribution;
  readonly recorder: AttributionRecorder;
}

/** `fd`: from `NetlinkSocket.openSockDiag`. */
export const openAttribution = (fd: number, options: CommandOptions): OpenAttribution => {
  const reader = new ProcFiles();
  const paths = new CgroupPaths(findCgroupMount(readFileSync('/proc/self/mountinfo', 'utf8')));
  const diag = new SockDiag(fd);
  const attribution = new Attribution({
    findSocket: (asked) => diag.find(asked),
    addresses: new LocalAddresses(),
    sockets: new ProcessSockets(reader),
    describer: new ProcessDescriber(reader, paths, new ProcessUsers(), options),
    paths,
  });
  return { attribution, recorder: new AttributionRecorder(attribution, () => reader.denied) };
};
