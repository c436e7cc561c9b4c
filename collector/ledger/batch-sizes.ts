/** How large batches are, and how many: of the collector, and of loading history. */

/** A batch is closed when it has so many rows. */
export const batchRows = 131_072;
/** Room for the records of one more datagram, and of Data Sets that waited for a Template in it. */
export const capacityFactor = 2;
export const insertsInFlight = 2;
/** Beside the batch being filled and those being inserted: one that waits for its turn. */
export const spareBatches = 1;
