const icmp = 1;
const icmp6 = 58;

/** Of either IP: a flow has no ports then, whichever of both it came over. */
export const isIcmp = (protocol: number): boolean => protocol === icmp || protocol === icmp6;
