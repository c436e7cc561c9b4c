/** An unsigned integer of 1 to 8 octets in network order (reduced-size encoding, RFC 7011 6.2); exact up to 2^53. */
export const readUint = (view: DataView, at: number, lengthBytes: number): number => {
  switch (lengthBytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    default: {
      let value = 0;
      for (let i = at; i < at + lengthBytes; i++) value = value * 256 + view.getUint8(i);
      return value;
    }
  }
};
