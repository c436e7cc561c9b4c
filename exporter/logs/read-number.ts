/** The number that is `text` from `from` up to `to`, in decimal digits or as `0x12`; -1: there is none, or it is not exact. */
export const readNumber = (text: string, from: number, to: number): number => {
  const isHex = text.charCodeAt(from + 1) === 0x78 && text.charCodeAt(from) === 0x30;
  let at = isHex ? from + 2 : from;
  if (at >= to) return -1;
  let value = 0;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    let digit = code - 0x30;
    if (isHex && digit > 9) digit = (code | 0x20) - 0x57;
    if (digit < 0 || digit > (isHex ? 15 : 9) || (isHex && code > 0x39 && digit < 10)) return -1;
    value = value * (isHex ? 16 : 10) + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
};
