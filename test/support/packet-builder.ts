/** Packets for tests of metering, laid out octet by octet. */

import { makePacketFields, type PacketFields } from '../../exporter/meter/packet-fields.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { viewOf } from './capture-builder.ts';

/** What a test says of a packet; addresses as text. */
export interface PacketSketch {
  readonly seconds: number;
  readonly src: string;
  readonly dst: string;
  readonly protocol?: number;
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly flags?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly icmpId?: number;
  readonly octets?: number;
  readonly ttl?: number;
  readonly vlan?: number;
  readonly interfaceIndex?: number;
}

const addressWords = (text: string): readonly number[] => {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`no address: ${text}`);
  const view = viewOf(octets);
  return [0, 4, 8, 12].map((at) => view.getInt32(at));
};

export const packetFields = (sketch: PacketSketch): PacketFields => {
  const [src0 = 0, src1 = 0, src2 = 0, src3 = 0] = addressWords(sketch.src);
  const [dst0 = 0, dst1 = 0, dst2 = 0, dst3 = 0] = addressWords(sketch.dst);
  return {
    ...makePacketFields(),
    micros: sketch.seconds * 1e6,
    family: sketch.src.includes(':') ? 6 : 4,
    protocol: sketch.protocol ?? 17,
    src0,
    src1,
    src2,
    src3,
    dst0,
    dst1,
    dst2,
    dst3,
    ports: ((sketch.srcPort ?? 0) << 16) | (sketch.dstPort ?? 0),
    tcpFlags: sketch.flags ?? 0,
    icmpType: sketch.icmpType ?? 0,
    icmpCode: sketch.icmpCode ?? 0,
    icmpId: sketch.icmpId ?? 0,
    octets: sketch.octets ?? 100,
    ttl: sketch.ttl ?? 64,
    vlan: sketch.vlan ?? 0,
    interfaceIndex: sketch.interfaceIndex ?? 0,
  };
};
