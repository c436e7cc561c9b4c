/** What we use of the package, which has no types. */
declare module 'node-netflowv9' {
  export default class NetflowV9 {
    constructor(options: object);
    nfPktDecode(
      datagram: Buffer,
      sender: { address: string; port: number },
    ): { flows: readonly Record<string, unknown>[] };
  }
}
