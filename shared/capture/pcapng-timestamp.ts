/** Time of a packet in a pcapng: 64 bits, in units that its interface states (options if_tsresol and if_tsoffset). */

/** Splits the time, given as upper and lower u32, into whole seconds and nanoseconds. */
export type TimestampReader = (
  upper: number,
  lower: number,
  into: { seconds: number; nanos: number },
) => void;

/** Beyond this the long division below would leave what doubles hold exactly. */
const maxExactUnits = 2 ** 37;

/**
 * `resolution` as in if_tsresol: units of 10^-n seconds, or with the upper bit set of 2^-n. `offsetSeconds` is added.
 */
export const makeTimestampReader = (resolution: number, offsetSeconds: number): TimestampReader => {
  const exponent = resolution & 0x7f;
  const unitsPerSecond = (resolution & 0x80 ? 2 : 10) ** exponent;
  if (unitsPerSecond > maxExactUnits) {
    const units = (resolution & 0x80 ? 2n : 10n) ** BigInt(exponent);
    return (upper, lower, into) => {
      const time = (BigInt(upper) << 32n) | BigInt(lower);
      into.seconds = Number(time / units) + offsetSeconds;
      into.nanos = Number(((time % units) * 1_000_000_000n) / units);
    };
  }
  const nanosPerUnit = 1e9 / unitsPerSecond;
  return (upper, lower, into) => {
    // Long division in digits of 32, 16 and 16 bits: nanoseconds since 1970 do not fit a double.
    const first = Math.floor(upper / unitsPerSecond);
    const second = (upper - first * unitsPerSecond) * 65536 + (lower >>> 16);
    const secondQuotient = Math.floor(second / unitsPerSecond);
    const third = (second - secondQuotient * unitsPerSecond) * 65536 + (lower & 0xffff);
    const thirdQuotient = Math.floor(third / unitsPerSecond);
    into.seconds = first * 2 ** 32 + secondQuotient * 65536 + thirdQuotient + offsetSeconds;
    into.nanos = Math.floor((third - thirdQuotient * unitsPerSecond) * nanosPerUnit);
  };
};
