/**
 * Sets (RFC 7011 3.3, FlowSets in RFC 3954): a header of two u16, Set id and length, then records. One of the two loops
 * over wire octets. A Set is at least 4 octets long, so the loop makes progress.
 */

import { FormatError } from '../wire/format-error.ts';

export const setHeaderBytes = 4;

/** Set ids of Templates; all from 256 on are Data Sets, named after their Template. */
export const setIds = {
  9: { template: 0, optionsTemplate: 1 },
  10: { template: 2, optionsTemplate: 3 },
} as const;
export const firstDataSetId = 256;

const isZeroFilled = (view: DataView, at: number, end: number): boolean => {
  for (let i = at; i < end; i++) if (view.getUint8(i) !== 0) return false;
  return true;
};

/**
 * Calls `visit` for each Set that begins in `[at, end)`, with the range of its records. A Set may end as late as `limit`:
 * Open vSwitch counts its Message short. Fewer than four octets behind the last Set, or zeros up to the end (Cisco ACI, Palo
 * Alto fill up their datagrams), are padding.
 * @throws FormatError `set-length`: the rest of the Message cannot be found.
 */
export const forEachSet = (
  view: DataView,
  at: number,
  end: number,
  limit: number,
  visit: (setId: number, at: number, end: number) => void,
): void => {
  let position = at;
  while (end - position >= setHeaderBytes) {
    const setId = view.getUint16(position);
    const lengthBytes = view.getUint16(position + 2);
    if (lengthBytes < setHeaderBytes) {
      if (isZeroFilled(view, position, end)) return;
      throw new FormatError('set-length');
    }
    const setEnd = position + lengthBytes;
    if (setEnd > limit) throw new FormatError('set-length');
    visit(setId, position + setHeaderBytes, setEnd);
    position = setEnd;
  }
};

/** Writes a Set Header at `at`; `lengthBytes` counts the header too. */
export const writeSetHeader = (view: DataView, at: number, setId: number, lengthBytes: number): void => {
  view.setUint16(at, setId);
  view.setUint16(at + 2, lengthBytes);
};
