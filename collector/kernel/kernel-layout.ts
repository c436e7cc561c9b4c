/**
 * What the move kernel (`move-kernel.as.ts`) reads, all little-endian:
 *
 *     operation  0 what it writes (u8)   1 flags (u8)   2 length of the field (u16, 65535 variable)   4 field (u32)
 *                8 offset in the record (u32)   12 column (u32)   16, 20 field and offset of the boot time (u32)
 *     finishTime 4 flow_start column (or none)   8 flow_end column (or none)   12 time column   16 time_source column   20 usual source
 *     message    0 received, us (u64)   8 export time, us (i64)   16 sysUptime, ms (u32)   20 version (u32)
 *                24 boot time, ms (u64)   32 exporter (16 octets)   48 domain (u32)   52 sampling rate (u32)
 *     column     0 offset of its memory (u32)   4 rows filled (u32)
 */

export const operationBytes = 24;
export const messageBytes = 64;
export const columnEntryBytes = 8;

export const storageCodes = { u8: 0, u16: 1, u32: 2, u64: 3, ip: 4 } as const;
export const specialCodes = {
  direction: 5,
  icmpType: 6,
  icmpCode: 7,
  timeSeconds: 8,
  timeMilliseconds: 9,
  timeNtp: 10,
  timeUptime: 11,
  timeDelta: 12,
  fillReceived: 13,
  fillExporter: 14,
  fillDomain: 15,
  fillVersion: 16,
  fillRate: 17,
  finishTime: 18,
} as const;

/** The field is written only where it is not zero: another element wrote the column before. */
export const coalesceFlag = 1;
/** The exporter's boot time is in the record. */
export const initFlag = 2;
export const noColumn = 0xffffffff;

export interface Operation {
  readonly code: number;
  readonly flags?: number;
  readonly lengthBytes?: number;
  /** Five u32 whose meaning depends on the code, see above. */
  readonly operands: readonly [number, number, number, number?, number?];
}

/** The operations as the kernel reads them, six u32 each. */
export const encodeOperations = (operations: readonly Operation[]): Uint32Array => {
  const words = new Uint32Array((operations.length * operationBytes) / 4);
  operations.forEach(({ code, flags = 0, lengthBytes = 0, operands }, i) => {
    words[6 * i] = code | (flags << 8) | (lengthBytes << 16);
    words.set(
      operands.map((operand) => operand ?? 0),
      6 * i + 1,
    );
  });
  return words;
};
