/** What "nothing was seen" is worth: whether exporters were heard meanwhile, in words. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { HeardExporter, LedgerView } from '../ask/ledger-view.ts';

/** Exporters that get a sentence of their own; the others are counted. */
const maxNamed = 5;
/** An exporter on a quiet line says nothing for some minutes; this much silence is said. */
const remarkableMicros = 5 * 60e6;

const nameOf = ({ exporter, domain }: HeardExporter): string =>
  `exporter ${shownAddress(exporter)}${domain === 0 ? '' : ` domain ${domain}`}`;

const doubtsAbout = (heard: HeardExporter, ledger: LedgerView): string[] => {
  const { longestSilence, silentFrom, minutesHeard, minutes, missing, lost } = heard;
  const doubts: string[] = [];
  if (minutesHeard === 0) doubts.push('was not heard at all');
  else if (longestSilence >= remarkableMicros) {
    const times = `silent for ${formatDuration(longestSilence / 1000)} from ${ledger.formatTime(silentFrom)}`;
    doubts.push(`was heard in ${minutesHeard} of ${formatTotal(minutes, 'minute')}, ${times}`);
  }
  if (missing > 0) doubts.push(`${formatTotal(missing, 'record')} of it did not arrive`);
  if (lost > 0) doubts.push(`the collector lost ${formatTotal(lost, 'datagram')} or rows of it`);
  return doubts.length === 0 ? [] : [`${nameOf(heard)}: ${doubts.join('; ')}`];
};

/** Sentences, the good news first. */
export const proveHeard = async (
  from: number,
  to: number,
  ledger: LedgerView,
): Promise<readonly string[]> => {
  const exporters = await ledger.heard(from, to);
  if (exporters.length === 0)
    return ['no exporter was heard in this time: that nothing was seen proves nothing'];
  const doubts = exporters.map((heard) => doubtsAbout(heard, ledger));
  const sound = exporters.filter((_, i) => doubts[i]?.length === 0);
  const minutes = exporters[0]?.minutes ?? 0;
  const least = Math.min(...sound.map(({ minutesHeard }) => minutesHeard));
  const count = sound.length === 1 ? '1 exporter was' : `${sound.length} exporters were`;
  const share =
    least >= minutes
      ? minutes === 1
        ? 'this minute'
        : `all ${minutes} minutes`
      : `at least ${least} of ${minutes} minutes`;
  const good =
    sound.length === 0 ? [] : [`${count} heard in ${share}, and nothing of it is known to be missing`];
  const said = doubts.flat();
  const more =
    said.length > maxNamed
      ? [
          `${formatTotal(said.length - maxNamed, 'more exporter')} ${said.length - maxNamed === 1 ? 'was' : 'were'} silent or lost something`,
        ]
      : [];
  return [...good, ...said.slice(0, maxNamed), ...more];
};
