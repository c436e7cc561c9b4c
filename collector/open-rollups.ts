/** The rollups of a collector, kept up to date while it runs. */

import { formatDuration } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { CollectOptions } from './collect-options.ts';
import { RollupKeeper, type RollupState } from './rollup/rollup-keeper.ts';
import { type ConnectionOptions, connect } from './store/connection.ts';
import { columnsOfGroups } from './store/flow-columns.ts';

/** The window at hand; what is left of it is made at the next start. */
const stopWithinMs = 5000;

export interface OpenRollups {
  readonly states: readonly RollupState[];
  close(): Promise<void>;
}

/** Undefined with `--no-rollups`. */
export const openRollups = (
  options: CollectOptions,
  connection: ConnectionOptions,
  storedUntilMicros: () => number,
  log: Log,
): OpenRollups | undefined => {
  const { rollups, name, columns } = options;
  if (!rollups) return undefined;
  const client = connect(connection);
  const troubledAtMs = new Map<string, number>();
  const keeper = new RollupKeeper({
    client,
    collector: name,
    inside: rollups.inside,
    columns: columnsOfGroups(columns).map((column) => column.name),
    storedUntilMicros,
    nowMicros: () => Date.now() * 1000,
    onTrouble: (rollup, problem) => {
      const nowMs = performance.now();
      if (problem !== undefined) {
        if (!troubledAtMs.has(rollup)) troubledAtMs.set(rollup, nowMs);
        log.limited(`rollup ${rollup}`, 'warn', `${rollup} gets no further`, { problem });
        return;
      }
      const after = formatDuration(nowMs - (troubledAtMs.get(rollup) ?? nowMs));
      troubledAtMs.delete(rollup);
      log.info(`${rollup} goes on, after ${after}`);
    },
  });
  keeper.start();
  return {
    get states() {
      return keeper.states;
    },
    close: async () => {
      await keeper.stop(stopWithinMs);
      await client.close();
    },
  };
};
