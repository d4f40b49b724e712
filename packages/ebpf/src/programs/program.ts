import { BpfCommand, bpf, type Fd, NativeBuffer } from '@twinpath/linux';
import { adoptResult, objectIds, openById, openPinned, pinObject } from '../object.ts';
import type { ProgramSpec, ProgramType } from '../spec.ts';
import { type ProgramInfo, readProgramInfo } from './info.ts';
import { loadProgram, type ProgramLoading } from './load.ts';
import { type TestRun, type TestRunResult, testRun } from './test-run.ts';
import type { VerifierStatistics } from './verifier-log.ts';

/** A verified program in the kernel. It lives while something holds it: this object, a link, a program array, a pin. */
export class BpfProgram {
  readonly fd: Fd;
  readonly name: string;
  readonly type: ProgramType;
  /** What the program cost the verifier, when it was loaded with `statistics`. */
  readonly statistics: VerifierStatistics | undefined;
  readonly #subject: string;

  private constructor(fd: Fd, name: string, type: ProgramType, statistics?: VerifierStatistics) {
    this.fd = fd;
    this.name = name;
    this.type = type;
    this.statistics = statistics;
    this.#subject = `program "${name}" (${type})`;
  }

  /**
   * Replaces map references by the given maps, and has the kernel verify and compile the program.
   * @throws VerifierError when the program is rejected, SyscallError when the process lacks the permission.
   */
  static load(spec: ProgramSpec, loading: ProgramLoading = {}): BpfProgram {
    const { fd, statistics } = loadProgram(spec, loading);
    return new BpfProgram(fd, spec.name, spec.type, statistics);
  }

  /** Opens a program pinned by pin(). */
  static fromPin(path: string): BpfProgram {
    return BpfProgram.fromFd(openPinned(path), path);
  }

  /** Opens a program of this machine by its id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfProgram {
    return BpfProgram.fromFd(openById('PROG', id), `program ${id}`);
  }

  /** Takes over a program's descriptor. `origin` names it in errors. */
  static fromFd(fd: Fd, origin: string): BpfProgram {
    try {
      const { name, type } = readProgramInfo(fd, origin);
      if (type === undefined) throw new TypeError(`${origin} is a program of a type that this library does not use`);
      return new BpfProgram(fd, name, type);
    } catch (error) {
      fd.close();
      throw error;
    }
  }

  info(): ProgramInfo {
    return readProgramInfo(this.fd, this.#subject);
  }

  /**
   * Runs the program on a packet, in this thread's namespace.
   * @throws SyscallError (EINVAL: less than 14 or too many bytes, or a context that does not fit).
   */
  testRun(run: TestRun): TestRunResult {
    return testRun(this.fd, run, this.#subject);
  }

  /** Keeps the program at `path` on a BPF file system beyond this process. Unpin by removing the file. */
  pin(path: string): void {
    pinObject(this.fd, path, this.#subject);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

const BPF_STATS_RUN_TIME = 0;

/** Counts runs and run time of all programs of the machine until the descriptor is closed. Since 5.8. */
export function enableRuntimeStats(): Fd {
  const attr = new NativeBuffer(4).setU32(0, BPF_STATS_RUN_TIME);
  return adoptResult('ENABLE_STATS', bpf(BpfCommand.ENABLE_STATS, attr), 'run time of programs');
}

/** Ids of all programs of this machine. Needs CAP_SYS_ADMIN. */
export const programIds = (): number[] => [...objectIds('PROG')];
