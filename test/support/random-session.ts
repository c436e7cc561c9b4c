/** What exporters send that lose, repeat and reorder datagrams, announce Templates late, change them, and come and go. Seeded. */

import { joinBytes } from './capture-builder.ts';
import { receivedMicros } from './decoder-rig.ts';
import { announcement } from './element-announcement.ts';
import {
  exportSeconds,
  ipfix,
  netflow5,
  netflow5Record,
  netflow9,
  optionsRecord,
  optionsRecord9,
  type Specifier,
  set,
  templateRecord,
  u16,
  u32,
  u64,
} from './message-hex.ts';
import { mutate } from './mutator.ts';
import { randomFields, randomRecord, recordHex } from './random-records.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface Step {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  readonly micros: number;
  /** What waits too long is let go of before it. */
  readonly expires: boolean;
}

const fields = new Map<string, readonly Specifier[]>();

/** Of the enterprise that `randomFields` has, and of few numbers, so that what is announced meets what is sent. */
const pen = 99999;
const announcedIds = 9;

const sessionFields = (random: SeededRandom, version: 9 | 10, announces: boolean): readonly Specifier[] => {
  const some = randomFields(random, version);
  return announces && version === 10 && random.chance(0.5)
    ? [...some, [random.below(announcedIds), random.between(1, 9), pen]]
    : some;
};

/** Sets of one datagram: Templates, data of those that were sent or not, options, nonsense. */
const randomSets = (
  random: SeededRandom,
  version: 9 | 10,
  exporter: number,
  announces: boolean,
): Uint8Array[] =>
  Array.from({ length: random.between(1, 4) }, () => {
    const id = random.between(256, 262);
    const name = `${version} ${exporter} ${id}`;
    const kind = random.below(announces ? 11 : 10);
    if (kind === 10 && version === 10) {
      const name = random.pick(['a', 'b', 'c d', '']);
      return joinBytes(...announcement([pen, random.below(announcedIds), random.below(24), name]));
    }
    if (kind < 3) {
      if (!fields.has(name) || random.chance(0.3))
        fields.set(name, sessionFields(random, version, announces));
      return set(version === 9 ? 0 : 2, templateRecord(id, fields.get(name) ?? []));
    }
    if (kind === 3) {
      const sampler = u16(random.below(5)) + u32(random.pick([0, 10, 100]));
      if (version === 9) return set(300, `00000001 ${sampler}`);
      return random.chance(0.5)
        ? set(300, sampler)
        : set(301, u64((exportSeconds - random.below(10)) * 1000));
    }
    if (kind === 4)
      return version === 9
        ? set(1, optionsRecord9(300, [[1, 4]], [[48, 2], [50, 4]])) // biome-ignore format: short
        : set(3, optionsRecord(300, [[302, 2]], [[34, 4]]), optionsRecord(301, [], [[160, 8]])); // biome-ignore format: short
    const known = fields.get(name) ?? [[1, 4]];
    const records = Array.from({ length: random.between(1, 3) }, () =>
      recordHex(random, randomRecord(random, known)),
    );
    return set(id, ...records);
  });

/** So many datagrams, one in seven of them damaged. With `announces` some tell what elements are, also in domain 0. */
export const randomSession = (random: SeededRandom, count: number, announces = false): readonly Step[] => {
  fields.clear();
  const sequences = new Map<number, number>();
  let micros = receivedMicros;
  return Array.from({ length: count }, (): Step => {
    micros += random.chance(0.03) ? random.below(90e6) : 1 + random.below(300_000);
    const exporter = random.chance(0.7) ? random.below(4) : random.below(40);
    const sequence = (sequences.get(exporter) ?? 0xffffffe0) + random.pick([1, 1, 1, 1, 2, 5, -1, 0, 40]);
    sequences.set(exporter, sequence);
    const header = {
      sequence,
      domain: announces && random.chance(0.2) ? 0 : exporter % 3,
      seconds: exportSeconds + Math.floor((micros - receivedMicros) / 1e6),
    };
    const version = random.pick([5, 9, 9, 10, 10] as const);
    const records = Array.from({ length: random.below(4) }, () => netflow5Record());
    const whole =
      version === 5
        ? netflow5({ ...header, sampling: random.pick([0, 0x4010]) }, ...records)
        : version === 9
          ? netflow9(header, ...randomSets(random, 9, exporter, announces))
          : ipfix(header, ...randomSets(random, 10, exporter, announces));
    return {
      bytes: random.chance(0.15) ? mutate(whole, random, whole) : whole,
      address: `00000000000000000000ffff0a00${u16(exporter)}`,
      port: 1000 + random.below(5),
      micros,
      expires: random.chance(0.1),
    };
  });
};
