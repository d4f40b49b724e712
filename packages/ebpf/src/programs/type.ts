import type { ProgramType } from '../spec.ts';

/** enum bpf_prog_type, include/uapi/linux/bpf.h. */
const typeNumbers: Readonly<Record<ProgramType, number>> = { 'socket-filter': 1, 'sched-cls': 3, xdp: 6 };

const isType = (name: string): name is ProgramType => name in typeNumbers;

export const programTypeNumber = (type: ProgramType): number => typeNumbers[type];

/** The type with this number, or undefined for one that this library does not make. */
export function programTypeOf(number: number): ProgramType | undefined {
  return Object.keys(typeNumbers)
    .filter(isType)
    .find((type) => typeNumbers[type] === number);
}
