// For tools of this repository that report as the command does.
export { ExitStatus } from './exit-status.ts';
export { reportFailure } from './output/failure.ts';
export { printJson } from './output/json.ts';
export { tableText } from './output/table.ts';
export { toldToEnd, untilTheEnd } from './run/ending.ts';
export { logTo } from './run/log.ts';
export { type FunctionSummary, summaryOf } from './run/summary.ts';
