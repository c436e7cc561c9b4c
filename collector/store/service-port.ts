/** The service that a flow used, by its ports: one expression for rollups, filters and questions. */

import { directedColumn, type FlowDirection } from './directed-columns.ts';

/** Above 1023, and known as services. */
const registered = [
  ...[
    1080, 1194, 1433, 1434, 1521, 1701, 1723, 1812, 1813, 1883, 1935, 2049, 2055, 2082, 2083, 2181, 2375,
    2376, 2379, 2380,
  ],
  ...[
    3000, 3128, 3260, 3268, 3269, 3306, 3389, 3478, 4369, 4433, 4500, 4739, 4789, 5000, 5004, 5044, 5060,
    5061, 5222, 5269,
  ],
  ...[
    5353, 5355, 5432, 5601, 5671, 5672, 5900, 5938, 5985, 5986, 6343, 6379, 6443, 6514, 6667, 6881, 7000,
    7001, 8000, 8008,
  ],
  ...[
    8080, 8081, 8086, 8088, 8123, 8291, 8333, 8443, 8883, 8888, 9000, 9042, 9090, 9092, 9093, 9100, 9200,
    9300, 9418, 9443,
  ],
  ...[9995, 9996, 10050, 10051, 11211, 15672, 19302, 25565, 27017, 27018, 50000, 51820],
];

/** Over a port, whatever the protocol. */
export const isServicePort = (port: string): string =>
  `(${port} BETWEEN 1 AND 1023 OR ${port} IN (${registered.join(', ')}))`;

/**
 * UInt16 over `flows`: the destination port where it is known as a service, else the source port where that is (a reply), else 0. Only TCP,
 * UDP, SCTP, DCCP and UDP-Lite have ports. Where both are known, the smaller one: 53 and not 9000 answers from 53 to 9000.
 */
export const servicePort = (direction: FlowDirection): string => {
  const src = directedColumn('src_port', direction);
  const dst = directedColumn('dst_port', direction);
  return `if(proto NOT IN (6, 17, 33, 132, 136), 0, multiIf(
    ${isServicePort(dst)} AND ${isServicePort(src)}, least(${src}, ${dst}), ${isServicePort(dst)}, ${dst}, ${isServicePort(src)}, ${src}, 0))`;
};
