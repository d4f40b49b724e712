import { readdirSync, readFileSync } from 'node:fs';

let softirqThreads: readonly string[] | undefined;

/** Seconds of CPU time that the kernel's threads for soft interrupts have had. */
export function softirqSeconds(): number {
  softirqThreads ??= readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && commandOf(name).startsWith('ksoftirqd/'),
  );
  // The first field: nanoseconds on a CPU.
  return softirqThreads.reduce((sum, pid) => sum + scheduledSeconds(`/proc/${pid}`), 0);
}

/** Seconds of CPU time that this process's threads of a name have had. */
export function threadSeconds(name: string): number {
  const threads = readdirSync('/proc/self/task').filter((thread) => commandOf(`self/task/${thread}`).trim() === name);
  return threads.reduce((sum, thread) => sum + scheduledSeconds(`/proc/self/task/${thread}`), 0);
}

function scheduledSeconds(folder: string): number {
  const [ns] = readFileSync(`${folder}/schedstat`, 'latin1').split(' ');
  return Number(ns) / 1e9;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1');
  } catch {
    return ''; // it has ended meanwhile
  }
}

/** Clock ticks of /proc/stat and /proc/<pid>/stat each second. */
const TICKS = 100;

/** Seconds of CPU time that all of this machine has had, soft interrupts included (which Node's `cpus()` leaves out). */
export function busySeconds(): number {
  const [all = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = all.split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** Seconds of CPU time that a process and its descendants have had, as long as they are there. */
export function cpuSeconds(pid: number): number {
  const stats = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []));
  const sumFrom = (root: number): number => {
    const below = stats.filter(({ parent }) => parent === root).map((child) => sumFrom(child.pid));
    return below.reduce((sum, one) => sum + one, stats.find((one) => one.pid === root)?.ticks ?? 0);
  };
  return sumFrom(pid) / TICKS;
}

function statOf(name: string): readonly Stat[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
    // Fields 4, 14 and 15, behind the name in brackets, which may hold any: ppid, utime, stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
  } catch {
    return []; // it has ended meanwhile
  }
}
