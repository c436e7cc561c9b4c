import { collectorValue, inWindow, receivedHourValue, untilValue } from './receipt-window.ts';
import { sharedFlows, summedColumns, summedFlows } from './summed-flows.ts';

/** Fills flows_1m with a window of receipt: parameters `collector`, `from`, `until`. */
export const insertFlowsByMinute = `INSERT INTO flows_1m (${summedColumns('minute', ['collector', 'received_hour', 'until'])})
${summedFlows(sharedFlows('minute', inWindow), [collectorValue, receivedHourValue, untilValue])}`;
