import type { FunctionStatistics } from '@twinpath/runtime';

/** A running function in five numbers. */
export interface FunctionSummary {
  readonly name: string;
  /** As they came; what the slow path sent through once more is not counted again. */
  readonly packets: number;
  /** Decided in the kernel. */
  readonly fastPath: number;
  /** Handed to the slow path. */
  readonly slowPath: number;
  /** By either path. */
  readonly dropped: number;
  /** Mean of a run of the kernel's programs, by the kernel's clock. */
  readonly nsPerPacket: number;
}

export function summaryOf(statistics: FunctionStatistics): FunctionSummary {
  const { name, verdicts, reasons, programs, slowPath: answers } = statistics;
  const packets = statistics.packets - answers.answered.retry;
  const slowPath = sum(Object.values(reasons).map(({ up }) => up));
  const runs = sum(programs.map((program) => program.runs));
  const time = sum(programs.map((program) => program.runs * program.nsPerRun));
  return {
    name,
    packets,
    fastPath: packets - slowPath,
    slowPath,
    dropped: (verdicts.drop ?? 0) + answers.answered.drop,
    nsPerPacket: runs === 0 ? 0 : Math.round((10 * time) / runs) / 10,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
