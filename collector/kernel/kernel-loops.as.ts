/** The loops of the kernel over fields of the lengths that exporters mostly send, several records at a time where that pays. */

import { readUint } from './kernel-columns.as';
import {
  DIRECTION, FILL_DOMAIN, FILL_EXPORTER, FILL_RATE, FILL_RECEIVED, ICMP_CODE, ICMP_TYPE, IP, U16, U32, U64, U8,
} from './kernel-constants.as';

export function moveBytes(p: usize, d: usize, stride: usize, count: u32): void {
  for (; count >= 8; count -= 8, d += 8) {
    let octets = v128.load_splat<u8>(p);
    octets = v128.load_lane<u8>(p + stride, octets, 1);
    octets = v128.load_lane<u8>(p + 2 * stride, octets, 2);
    octets = v128.load_lane<u8>(p + 3 * stride, octets, 3);
    octets = v128.load_lane<u8>(p + 4 * stride, octets, 4);
    octets = v128.load_lane<u8>(p + 5 * stride, octets, 5);
    octets = v128.load_lane<u8>(p + 6 * stride, octets, 6);
    octets = v128.load_lane<u8>(p + 7 * stride, octets, 7);
    v128.store_lane<u64>(d, octets, 0);
    p += 8 * stride;
  }
  for (let i: u32 = 0; i < count; i++, p += stride, d++) store<u8>(d, load<u8>(p));
}

/** Eight records at a time: their fields are gathered into one vector, swapped, and stored together. */
export function moveU16(p: usize, d: usize, stride: usize, count: u32): void {
  for (; count >= 8; count -= 8, d += 16) {
    let lanes = v128.load_splat<u16>(p);
    lanes = v128.load_lane<u16>(p + stride, lanes, 1);
    lanes = v128.load_lane<u16>(p + 2 * stride, lanes, 2);
    lanes = v128.load_lane<u16>(p + 3 * stride, lanes, 3);
    lanes = v128.load_lane<u16>(p + 4 * stride, lanes, 4);
    lanes = v128.load_lane<u16>(p + 5 * stride, lanes, 5);
    lanes = v128.load_lane<u16>(p + 6 * stride, lanes, 6);
    lanes = v128.load_lane<u16>(p + 7 * stride, lanes, 7);
    v128.store(d, v128.shuffle<u8>(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
    p += 8 * stride;
  }
  for (let i: u32 = 0; i < count; i++, p += stride, d += 2) store<u16>(d, bswap<u16>(load<u16>(p)));
}

export function moveU32(p: usize, d: usize, stride: usize, count: u32): void {
  for (; count >= 4; count -= 4, d += 16) {
    let lanes = v128.load_splat<u32>(p);
    lanes = v128.load_lane<u32>(p + stride, lanes, 1);
    lanes = v128.load_lane<u32>(p + 2 * stride, lanes, 2);
    lanes = v128.load_lane<u32>(p + 3 * stride, lanes, 3);
    v128.store(d, v128.shuffle<u8>(lanes, lanes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
    p += 4 * stride;
  }
  for (let i: u32 = 0; i < count; i++, p += stride, d += 4) store<u32>(d, bswap<u32>(load<u32>(p)));
}

export function widenU16(p: usize, d: usize, stride: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++, p += stride, d += 4) store<u32>(d, bswap<u16>(load<u16>(p)));
}

export function widenU32(p: usize, d: usize, stride: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++, p += stride, d += 8) store<u64>(d, bswap<u32>(load<u32>(p)));
}

export function moveU64(p: usize, d: usize, stride: usize, count: u32): void {
  for (; count >= 2; count -= 2, d += 16) {
    const lanes = v128.load_lane<u64>(p + stride, v128.load_splat<u64>(p), 1);
    v128.store(d, v128.shuffle<u8>(lanes, lanes, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
    p += 2 * stride;
  }
  if (count > 0) store<u64>(d, bswap<u64>(load<u64>(p)));
}

/** ::ffff:a.b.c.d, octets in network order. */
export function moveIpv4(p: usize, d: usize, stride: usize, count: u32): void {
  for (; count >= 4; count -= 4, d += 64) {
    v128.store(d, v128.load_lane<u32>(p, i64x2(0, 0xffff0000), 3));
    v128.store(d, v128.load_lane<u32>(p + stride, i64x2(0, 0xffff0000), 3), 16);
    v128.store(d, v128.load_lane<u32>(p + 2 * stride, i64x2(0, 0xffff0000), 3), 32);
    v128.store(d, v128.load_lane<u32>(p + 3 * stride, i64x2(0, 0xffff0000), 3), 48);
    p += 4 * stride;
  }
  for (let i: u32 = 0; i < count; i++, p += stride, d += 16) {
    v128.store(d, v128.load_lane<u32>(p, i64x2(0, 0xffff0000), 3));
  }
}

/** What is the same in all records of a Message. */
export function fill(storage: u32, message: usize, d: usize, count: u32): void {
  switch (storage) {
    case FILL_RECEIVED: {
      const received = load<u64>(message);
      const pair = i64x2.splat(received);
      for (; count >= 4; count -= 4, d += 32) {
        v128.store(d, pair);
        v128.store(d, pair, 16);
      }
      for (let i: u32 = 0; i < count; i++, d += 8) store<u64>(d, received);
      return;
    }
    case FILL_EXPORTER: {
      const exporter = v128.load(message, 32);
      for (; count >= 4; count -= 4, d += 64) {
        v128.store(d, exporter);
        v128.store(d, exporter, 16);
        v128.store(d, exporter, 32);
        v128.store(d, exporter, 48);
      }
      for (let i: u32 = 0; i < count; i++, d += 16) v128.store(d, exporter);
      return;
    }
    case FILL_DOMAIN:
    case FILL_RATE: {
      const value = load<u32>(message + (storage == FILL_RATE ? 52 : 48));
      const four = i32x4.splat(value);
      for (; count >= 4; count -= 4, d += 16) v128.store(d, four);
      for (let i: u32 = 0; i < count; i++, d += 4) store<u32>(d, value);
      return;
    }
    default: {
      const version = load<u8>(message, 20);
      const eight = i8x16.splat(version);
      for (; count >= 8; count -= 8, d += 8) v128.store_lane<u64>(d, eight, 0);
      for (let i: u32 = 0; i < count; i++, d++) store<u8>(d, version);
    }
  }
}

/** One value of a length or a meaning that has no loop of its own. */
export function one(storage: u32, d: usize, p: usize, length: u32): void {
  switch (storage) {
    case U8:
      store<u8>(d, <u8>readUint(p, length));
      return;
    case U16:
      store<u16>(d, <u16>readUint(p, length));
      return;
    case U32:
      store<u32>(d, <u32>readUint(p, length));
      return;
    case U64:
      store<u64>(d, readUint(p, length));
      return;
    case IP:
      if (length == 4) {
        store<u64>(d, 0);
        store<u64>(d, (<u64>load<u32>(p) << 32) | 0xffff0000, 8);
      } else {
        store<u64>(d, load<u64>(p));
        store<u64>(d, load<u64>(p, 8), 8);
      }
      return;
    case DIRECTION: {
      const said = readUint(p, length);
      store<u8>(d, said < 2 ? <u8>said + 1 : 0);
      return;
    }
    case ICMP_TYPE:
      store<u8>(d, load<u8>(p + length - 1), 1);
      return;
    case ICMP_CODE:
      store<u8>(d, load<u8>(p + length - 1));
      return;
  }
}
