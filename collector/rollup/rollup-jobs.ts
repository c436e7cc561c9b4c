/** All rollups that the columns of `flows` allow, in the order in which they are made. */

import { insertConnections } from './connections.ts';
import { insertFlowsByMinute } from './flows-by-minute.ts';
import { insertHostActivity } from './host-activity.ts';
import { makeHourJob } from './hour-job.ts';
import { insideCondition } from './inside-networks.ts';
import { insertNatLog } from './nat-log.ts';
import type { RollupJob } from './rollup-job.ts';
import { makeTalkersJob } from './talkers-job.ts';
import { makeWindowJob } from './window-job.ts';

export interface RollupChoice {
  /** Networks whose addresses are ours, in CIDR notation. */
  readonly inside: readonly string[];
  /** Names of the columns that `flows` has: without the group `nat` there is neither nat_log nor connections. */
  readonly columns: readonly string[];
}

/** What is asked about seconds after it came. */
const soonMicros = 10e6;
/** A window of a minute sums up better than six of ten seconds. */
const minuteMicros = 60e6;
/** The longer a window, the fewer rows an address. */
const activityMicros = 300e6;

/** Throws ConfigError where a network is none. */
export const makeRollupJobs = ({ inside, columns }: RollupChoice): readonly RollupJob[] => {
  const hasNat = columns.includes('flow_id');
  const ours = insideCondition(inside);
  const natJobs = [
    makeWindowJob({ rollup: 'nat_log', query: insertNatLog, params: {}, lengthMicros: soonMicros }),
    makeWindowJob({
      rollup: 'connections',
      query: insertConnections,
      params: {},
      lengthMicros: soonMicros,
      isPrompt: true,
    }),
  ];
  return [
    ...(hasNat ? natJobs : []),
    makeWindowJob({ rollup: 'flows_1m', query: insertFlowsByMinute, params: {}, lengthMicros: minuteMicros }),
    makeWindowJob({
      rollup: 'host_activity',
      query: insertHostActivity(ours, hasNat),
      params: ours.params,
      lengthMicros: activityMicros,
    }),
    makeHourJob(),
    makeTalkersJob(),
  ];
};
