import { BpfCommand, bpf, Errno, type Fd, NativeBuffer, SyscallError, withoutSignals } from '@twinpath/linux';
import type { BpfMap } from '../maps/map.ts';
import { adoptResult, context, kernelName, readText, textBuffer } from '../object.ts';
import type { ProgramSpec } from '../spec.ts';
import { loadBtf } from './kernel-btf.ts';
import { relocateMaps } from './relocate.ts';
import { programTypeNumber } from './type.ts';
import { VerifierError } from './verifier-error.ts';
import { parseStatistics, type VerifierStatistics } from './verifier-log.ts';

export interface ProgramLoading {
  /** The live maps that the program refers to, by the names of their specs. */
  readonly maps?: Readonly<Record<string, BpfMap>>;
  /** Ask the verifier what the program cost it. */
  readonly statistics?: boolean;
}

export interface LoadedProgram {
  readonly fd: Fd;
  readonly statistics: VerifierStatistics | undefined;
}

/** union bpf_attr for PROG_LOAD up to line_info_cnt, padded; kernels refuse what they do not know, so no more. */
const attrSize = 112;
const BPF_XDP = 37;
const BPF_LOG_LEVEL1 = 1;
const BPF_LOG_STATS = 4;
const functionRecordSize = 8;
const lineRecordSize = 16;

/**
 * Logs grow with the program's complexity; nothing is asked for at first. Kernels before 6.4 keep the beginning of a log
 * that does not fit, later ones the end, where the reason is.
 */
const logSizes = [256 << 10, 16 << 20, 256 << 20];

export function loadProgram(spec: ProgramSpec, { maps = {}, statistics = false }: ProgramLoading): LoadedProgram {
  using attributes = programAttributes(spec, { maps });
  const { attr, subject } = attributes;
  const log = statistics ? new NativeBuffer(4096) : undefined;
  if (log !== undefined) attr.setU32(24, BPF_LOG_STATS).setU32(28, log.size).setPointer(32, log);
  const result = loadUninterrupted(attr);
  if (result >= 0) {
    return {
      fd: adoptResult('PROG_LOAD', result, subject),
      statistics: log === undefined ? undefined : parseStatistics(readText(log, 0, log.size)),
    };
  }
  return { fd: explainRefusal(attr, -result, spec.name, subject), statistics: undefined };
}

/** A signal that comes while the verifier works makes it give up (EAGAIN); a profiler sends a thousand each second. */
export const loadUninterrupted = (attr: NativeBuffer): number => withoutSignals(() => bpf(BpfCommand.PROG_LOAD, attr));

/** union bpf_attr for PROG_LOAD without a log. What it refers to in the kernel lives until it is disposed. */
export function programAttributes(spec: ProgramSpec, { maps = {} }: Pick<ProgramLoading, 'maps'>) {
  const attr = describe(spec, maps);
  const subject = `program "${spec.name}" (${spec.type})`;
  const btf = spec.btf === undefined ? undefined : loadBtf(spec.btf.types, subject);
  if (spec.btf !== undefined && btf !== undefined) describeBtf(attr, spec.btf, btf);
  return { attr, subject, [Symbol.dispose]: () => btf?.close() };
}

function describe(spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): NativeBuffer {
  const code = new NativeBuffer(relocateMaps(spec, maps));
  const attr = new NativeBuffer(attrSize).setU32(0, programTypeNumber(spec.type)).setU32(4, code.size / 8);
  attr.setPointer(8, code).setPointer(16, textBuffer(spec.license)).setString(48, kernelName(spec.name), 16);
  // tcx programs have none: one program can be attached in both directions.
  if (spec.type === 'xdp') attr.setU32(68, BPF_XDP);
  return attr;
}

function describeBtf(attr: NativeBuffer, btf: NonNullable<ProgramSpec['btf']>, fd: Fd): void {
  attr.setU32(72, fd.number);
  attr.setU32(76, functionRecordSize).setPointer(80, new NativeBuffer(btf.functions));
  attr.setU32(88, btf.functions.length / functionRecordSize);
  if (btf.lines.length === 0) return;
  attr.setU32(92, lineRecordSize).setPointer(96, new NativeBuffer(btf.lines));
  attr.setU32(104, btf.lines.length / lineRecordSize);
}

/** Loads again, with a log, and throws what it says. Returns the descriptor if the second attempt succeeds. */
function explainRefusal(attr: NativeBuffer, errno: number, name: string, subject: string): Fd {
  let text = '';
  for (const size of logSizes) {
    const log = new NativeBuffer(size);
    attr
      .setU32(24, BPF_LOG_LEVEL1 | BPF_LOG_STATS)
      .setU32(28, log.size)
      .setPointer(32, log);
    const result = loadUninterrupted(attr);
    if (result >= 0) return adoptResult('PROG_LOAD', result, subject);
    text = readText(log, 0, log.size);
    const complete = parseStatistics(text) !== undefined;
    if (result !== -Errno.ENOSPC || complete) break;
  }
  if (text.trim() === '') throw new SyscallError('bpf(PROG_LOAD)', errno, context(-errno, subject));
  throw new VerifierError(name, errno, text);
}
