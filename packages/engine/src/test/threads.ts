// Linux: how much of a processor threads of this process take, however busy the machine is.

import { readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';

export const threads = (): readonly string[] => readdirSync(TASKS);

/** All of them together. */
export const processorMs = (all: readonly string[]): number =>
  all.reduce(
    (sum, thread) => sum + Number(readFileSync(`${TASKS}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    0,
  );
