import t from 'tap';
import { findTimeForm } from '../../../collector/decode/time-form.ts';
import { specialCodes } from '../../../collector/kernel/kernel-layout.ts';
import { timeSources } from '../../../collector/store/flow-columns.ts';

t.test('each form by name, type and length', async (t) => {
  const { timeSeconds, timeMilliseconds, timeNtp, timeUptime, timeDelta } = specialCodes;
  const wanted = [
    ['flowStartSeconds', 'dateTimeSeconds', 4, timeSeconds, timeSources.seconds],
    ['flowStartSeconds', 'dateTimeSeconds', 8, timeSeconds, timeSources.seconds],
    ['flowEndMilliseconds', 'dateTimeMilliseconds', 8, timeMilliseconds, timeSources.milliseconds],
    ['flowEndMicroseconds', 'dateTimeMicroseconds', 8, timeNtp, timeSources.microseconds],
    ['flowEndNanoseconds', 'dateTimeNanoseconds', 8, timeNtp, timeSources.nanoseconds],
    ['flowStartSysUpTime', 'unsigned32', 4, timeUptime, timeSources.uptime],
    ['flowStartDeltaMicroseconds', 'unsigned32', 4, timeDelta, timeSources.delta],
    ['observationTimeMilliseconds', 'dateTimeMilliseconds', 8, timeMilliseconds, timeSources.event],
  ] as const;
  for (const [name, type, length, code, source] of wanted)
    t.match(findTimeForm(name, type, length), { code, source, needsInit: code === timeUptime }, name);
});

t.test('a length that the form cannot have', async (t) => {
  for (const length of [0, 1, 2, 3, 5, 6, 7, 9, 65535]) {
    for (const name of ['flowStartSeconds', 'flowStartSysUpTime', 'flowStartDeltaMicroseconds'])
      t.equal(findTimeForm(name, 'dateTimeSeconds', length), undefined, `${name}, ${length} octets`);
    t.equal(findTimeForm('flowEndMilliseconds', 'dateTimeMilliseconds', length), undefined);
  }
  t.equal(findTimeForm('flowEndMilliseconds', 'dateTimeMilliseconds', 4), undefined);
  t.equal(findTimeForm('octetDeltaCount', 'unsigned64', 8), undefined);
});
