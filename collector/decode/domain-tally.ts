/** What all domains take together, kept up to date by each of them. */
export interface DomainTally {
  templateFields: number;
  sessions: number;
  announcedElements: number;
  /** Rises whenever something is announced that was not, and when an announcement goes. */
  elementChanges: number;
  /** What that was when an announcement went with its domain. */
  elementsForgottenAt: number;
}

export const newDomainTally = (): DomainTally => ({
  templateFields: 0,
  sessions: 0,
  announcedElements: 0,
  elementChanges: 0,
  elementsForgottenAt: 0,
});
