import { execFileSync } from 'node:child_process';

/** Per-CPU values are compared: every run is on CPU 0. The thread that runs JavaScript has the process's id. */
export function stayOnFirstCpu(): void {
  execFileSync('taskset', ['-cp', '0', String(process.pid)], { stdio: 'ignore' });
}
