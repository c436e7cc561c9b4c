/** Numbers that `kernel-layout.ts` has too, for the kernel: its own tests hold them together. */

// Operation: 24 octets.
// @ts-ignore: decorators are AssemblyScript's
@inline export const OP_BYTES: usize = 24;
// @ts-ignore
@inline export const COALESCE: u32 = 1;
// @ts-ignore
@inline export const HAS_INIT: u32 = 2;

// What an operation writes.
// @ts-ignore
@inline export const U8: u32 = 0;
// @ts-ignore
@inline export const U16: u32 = 1;
// @ts-ignore
@inline export const U32: u32 = 2;
// @ts-ignore
@inline export const U64: u32 = 3;
// @ts-ignore
@inline export const IP: u32 = 4;
// @ts-ignore
@inline export const DIRECTION: u32 = 5;
// @ts-ignore
@inline export const ICMP_TYPE: u32 = 6;
// @ts-ignore
@inline export const ICMP_CODE: u32 = 7;
// @ts-ignore
@inline export const TIME_SECONDS: u32 = 8;
// @ts-ignore
@inline export const TIME_MILLISECONDS: u32 = 9;
// @ts-ignore
@inline export const TIME_NTP: u32 = 10;
// @ts-ignore
@inline export const TIME_UPTIME: u32 = 11;
// @ts-ignore
@inline export const TIME_DELTA: u32 = 12;
// @ts-ignore
@inline export const FILL_RECEIVED: u32 = 13;
// @ts-ignore
@inline export const FILL_EXPORTER: u32 = 14;
// @ts-ignore
@inline export const FILL_DOMAIN: u32 = 15;
// @ts-ignore
@inline export const FILL_VERSION: u32 = 16;
// @ts-ignore
@inline export const FILL_RATE: u32 = 17;
// @ts-ignore
@inline export const FINISH_TIME: u32 = 18;

export const NO_COLUMN: u32 = 0xffffffff;
export const NTP_OFFSET_SECONDS: i64 = 2208988800;
export const MAX_MICROS: i64 = 9007199254740991;
export const EARLIEST_MICROS: i64 = 946684800000000;
export const AHEAD_MICROS: i64 = 86400000000;
export const TIME_RECEIVED: u8 = 0;
export const TIME_ABSURD: u8 = 8;
