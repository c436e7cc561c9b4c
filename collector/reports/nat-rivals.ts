/** Uses of public ports that cannot be at the same time: one port, for the same protocol and remote end, has one inside end. */

import type { NatEnds } from './nat-sessions.ts';

const nobody = '::';

export const isSameInside = (a: NatEnds, b: NatEnds): boolean =>
  a.inside_addr === b.inside_addr && a.inside_port === b.inside_port && a.zone === b.zone;

const excludeEachOther = (a: NatEnds, b: NatEnds): boolean => {
  if (a.public_addr !== b.public_addr || a.first_port > b.last_port || b.first_port > a.last_port)
    return false;
  if (a.proto !== b.proto && a.proto !== 0 && b.proto !== 0) return false;
  if (a.remote_addr === b.remote_addr && a.remote_port === b.remote_port) return true;
  // One of them holds for all remotes: that of the same inside end comes with its sessions.
  return (a.remote_addr === nobody || b.remote_addr === nobody) && !isSameInside(a, b);
};

/** A block overlaps others; a single port is equal, or not. Sessions of a block's holder do not end the block. */
const portOf = (ends: NatEnds): string =>
  ends.is_block === 1 ? 'blocks' : `${ends.public_addr} ${ends.first_port}`;
const remoteOf = (ends: NatEnds): string => `${portOf(ends)} ${ends.remote_addr} ${ends.remote_port}`;

const group = <Use>(
  uses: readonly Use[],
  keyOf: (use: Use) => string,
): ReadonlyMap<string, readonly Use[]> => {
  const groups = new Map<string, Use[]>();
  for (const use of uses) {
    const key = keyOf(use);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [use]);
    else list.push(use);
  }
  return groups;
};

/** Finds, among thousands, those that exclude one of them. */
export class NatRivals<Use extends NatEnds> {
  readonly #byPort: ReadonlyMap<string, readonly Use[]>;
  readonly #byRemote: ReadonlyMap<string, readonly Use[]>;

  constructor(uses: readonly Use[]) {
    this.#byPort = group(uses, portOf);
    this.#byRemote = group(uses, remoteOf);
  }

  /** The one itself is among them, if it is one of the uses. */
  of(ends: NatEnds): readonly Use[] {
    const near =
      ends.remote_addr === nobody
        ? this.#byPort.get(portOf(ends))
        : [
            ...(this.#byRemote.get(remoteOf(ends)) ?? []),
            ...(this.#byRemote.get(`${portOf(ends)} ${nobody} 0`) ?? []),
          ];
    return (near ?? []).filter((use) => excludeEachOther(ends, use));
  }
}
