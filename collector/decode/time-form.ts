/** Every form of flow time that exporters send, and the kernel's operation that makes whole microseconds since 1970 of it. */

import { specialCodes } from '../kernel/kernel-layout.ts';
import { timeSources } from '../store/flow-columns.ts';

export interface TimeForm {
  readonly code: number;
  readonly source: number;
  /** sysUpTime: IPFIX has no header field for the exporter's boot time, so somebody must have said it. */
  readonly needsInit: boolean;
}

const form = (code: number, source: number, needsInit = false): TimeForm => ({ code, source, needsInit });

/** By data type: the operation, the lengths that the element can have, the source. */
const absolute: Readonly<
  Record<string, readonly [code: number, lengths: readonly number[], source: number]>
> = {
  dateTimeSeconds: [specialCodes.timeSeconds, [4, 8], timeSources.seconds],
  dateTimeMilliseconds: [specialCodes.timeMilliseconds, [8], timeSources.milliseconds],
  dateTimeMicroseconds: [specialCodes.timeNtp, [8], timeSources.microseconds],
  dateTimeNanoseconds: [specialCodes.timeNtp, [8], timeSources.nanoseconds],
};

/** The form of a time element of this name, data type and length; undefined when it cannot have that length. */
export const findTimeForm = (
  name: string,
  dataType: string | undefined,
  lengthBytes: number,
): TimeForm | undefined => {
  if (name.endsWith('SysUpTime')) {
    return lengthBytes === 4 ? form(specialCodes.timeUptime, timeSources.uptime, true) : undefined;
  }
  if (name.endsWith('DeltaMicroseconds')) {
    return lengthBytes === 4 ? form(specialCodes.timeDelta, timeSources.delta) : undefined;
  }
  const found = absolute[dataType ?? ''];
  if (!found?.[1].includes(lengthBytes)) return undefined;
  return form(found[0], name.startsWith('observationTime') ? timeSources.event : found[2]);
};
