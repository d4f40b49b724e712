import { readFileSync } from 'node:fs';

/** A process, told from a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Ticks since boot (field 22 of /proc/<pid>/stat). */
  readonly startedAt: number;
}

export function thisProcess(): ProcessId {
  return { pid: process.pid, startedAt: startOf(process.pid) ?? 0 };
}

export function isAlive({ pid, startedAt }: ProcessId): boolean {
  return startOf(pid) === startedAt;
}

function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 is the program's name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[22 - 3]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}
