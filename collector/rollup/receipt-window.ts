/** A range of receipt whose rows are all stored: what one INSERT of a rollup is made of. */

/** `[from, until)`, microseconds since 1970. */
export interface ReceiptWindow {
  readonly from: number;
  readonly until: number;
}

export const hourMicros = 3600e6;
export const dayMicros = 24 * hourMicros;

export const floorTo = (step: number, micros: number): number => Math.floor(micros / step) * step;

/** Condition on `flows` with the parameters `collector`, `from`, `until`. */
export const inWindow =
  'received >= fromUnixTimestamp64Micro({from:Int64}) AND received < fromUnixTimestamp64Micro({until:Int64}) AND collector = {collector:String}';

/** What each row of a window says about it, as values of the columns `collector` and `until`. */
export const collectorValue = '{collector:String}';
export const untilValue = 'fromUnixTimestamp64Micro({until:Int64})';
/** The beginning of the hour, or the day, in which a window lies. */
export const receivedHourValue = 'toDateTime(intDiv({from:Int64}, 3600000000) * 3600)';
export const receivedDayValue = "toDate(fromUnixTimestamp64Micro({from:Int64}), 'UTC')";

/**
 * The next window from `from` on: at most `lengthMicros`, never across an hour, and no later than `storedUntil`. Undefined: so much was not received
 * yet; a window ends at a multiple of its length, so that windows of a minute are minutes.
 */
export const nextWindow = (
  from: number,
  storedUntil: number,
  lengthMicros: number,
  takeAll = false,
): ReceiptWindow | undefined => {
  const length = Math.min(lengthMicros, hourMicros);
  const hourEnd = floorTo(hourMicros, from) + hourMicros;
  const end = Math.min(floorTo(length, from) + length, hourEnd);
  if (end <= storedUntil) return { from, until: end };
  return takeAll && storedUntil > from ? { from, until: storedUntil } : undefined;
};
