/** Clock times of time zones, by the rules that Intl has. A clock time is told as what UTC would be called if its clock showed it. */

import { ConfigError } from './config-error.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = 'numeric';
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  formats.set(zone, made);
  return made;
};

/** Whether it is the name of a zone: `Europe/Zurich`, `UTC`, `+02:00`. */
export const isTimeZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** What `--zone` says, or the zone of this machine for `local`. @throws ConfigError: there is no such zone. */
export const findZone = (said: string): string => {
  const zone = said === 'local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : said;
  if (isTimeZone(zone)) return zone;
  throw new ConfigError(
    `--zone ${said}: no such time zone; it is UTC, local, or a name such as Europe/Zurich`,
  );
};

/** Zones change their offsets at quarters of an hour of UTC, so that times that are formatted one after the other share the work. */
const blockMs = 900_000;
let lastZone = '';
let lastBlock = Number.NaN;
let lastOffsetMs = 0;

/** What the zone's clock shows more than that of UTC at this instant. `zone` is one that `isTimeZone` knows. */
export const zoneOffsetMs = (ms: number, zone: string): number => {
  if (zone === 'UTC') return 0;
  const block = Math.floor(ms / blockMs);
  if (block === lastBlock && zone === lastZone) return lastOffsetMs;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(block * blockMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const clockMs = Date.UTC(
    ...([
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    ] as const),
  );
  [lastZone, lastBlock, lastOffsetMs] = [zone, block, clockMs - block * blockMs];
  return lastOffsetMs;
};

/** Longer than any zone is away from UTC, so that before and after a change of clocks are told apart. */
const dayMs = 86_400_000;

/**
 * The instant at which the zone's clock shows `clockMs`. In autumn there are two: the earlier one. In spring there may be none: what the clock
 * would show had it not been put forward, so 02:30 is then 03:30.
 */
export const instantOfClock = (clockMs: number, zone: string): number => {
  const before = zoneOffsetMs(clockMs - dayMs, zone);
  const after = zoneOffsetMs(clockMs + dayMs, zone);
  const instants = [clockMs - before, clockMs - after].filter(
    (ms) => ms + zoneOffsetMs(ms, zone) === clockMs,
  );
  return instants.length === 0 ? clockMs - before : Math.min(...instants);
};
