import { readFileSync } from 'node:fs';
import { release } from 'node:os';

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The version in a release string such as "6.1.0-13-amd64". */
export function parseKernelVersion(text: string): KernelVersion {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a kernel release`);
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

/** The running kernel's version. For messages only: distributions backport, so probe features instead. */
export function kernelVersion(): KernelVersion {
  return parseKernelVersion(release());
}

/** CPU numbers in a kernel list such as "0-3,8,10-11". */
export function parseCpuList(text: string): number[] {
  if (text.trim() === '') return [];
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('-').map(Number);
      if (!(first <= last)) throw new RangeError(`"${text}" is not a list of CPUs`);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

const cpuList = (kind: string) => parseCpuList(readFileSync(`/sys/devices/system/cpu/${kind}`, 'utf8'));

/** CPUs that could ever be plugged in: as many values a per-CPU map holds for each key. */
export const possibleCpus = (): number[] => cpuList('possible');

export const onlineCpus = (): number[] => cpuList('online');
