import { Errno, Fd, NativeBuffer } from '@twinpath/linux';
import { readText } from '../object.ts';
import type { ProgramSpec } from '../spec.ts';
import { loadProgram, loadUninterrupted, type ProgramLoading, programAttributes } from './load.ts';

const BPF_LOG_LEVEL2 = 2;
const logSizes = [4 << 20, 64 << 20, 512 << 20];
/** `12: (bf) r1 = r2` or, where a path ends because it is known to be safe from there, `12: safe` or `from 9 to 12: safe`. */
const walked = /^(?:(\d+): \([0-9a-f]{2}\)|(?:from \d+ to )?(\d+): safe)/gm;

/**
 * Has the kernel verify the program and lets go of it. Returns how often the verifier walked each slot of its code.
 * @throws VerifierError, SyscallError as loading does
 */
export function traceVerifier(spec: ProgramSpec, loading: ProgramLoading = {}): readonly number[] {
  // A refusal is explained in the usual way.
  loadProgram(spec, loading).fd.close();
  using attributes = programAttributes(spec, loading);
  const { attr } = attributes;
  for (const size of logSizes) {
    const log = new NativeBuffer(size);
    attr.setU32(24, BPF_LOG_LEVEL2).setU32(28, size).setPointer(32, log);
    const result = loadUninterrupted(attr);
    if (result >= 0) Fd.adopt(result).close();
    if (result === -Errno.ENOSPC) continue;
    return countWalked(readText(log, 0, size), spec.code.length / 8);
  }
  throw new RangeError(`the verifier's log of program "${spec.name}" is longer than ${logSizes.at(-1)} bytes`);
}

function countWalked(log: string, slots: number): readonly number[] {
  const counts = new Array<number>(slots).fill(0);
  for (const [, slot, last] of log.matchAll(walked)) {
    const index = Number(slot ?? last);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}
