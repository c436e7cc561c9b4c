import type { MakeSession } from '../../exporter/export/delivery.ts';
import type { Session } from '../../exporter/export/session.ts';

/** Sessions that send a Message for each call: its name, the time that was given, and the size a Message may have. */
export const spokenSession =
  ({ saysTicks = false } = {}): MakeSession =>
  (_, send) => {
    const say = (call: string, nowMs: number, flowRecords = 0): void =>
      send(Buffer.from(`${call} ${nowMs} ${session.payloadBytes}`), {
        flowRecords,
        packets: 3 * flowRecords,
        octets: 100 * flowRecords,
      });
    const session: Session = {
      payloadBytes: 0,
      start: (nowMs) => say('start', nowMs),
      announce: (nowMs) => say('announce', nowMs),
      export: (_, nowMs) => say('record', nowMs, 1),
      tick: (nowMs) => {
        if (saysTicks) say('tick', nowMs);
      },
      stop: (nowMs) => say('stop', nowMs),
    };
    return session;
  };
