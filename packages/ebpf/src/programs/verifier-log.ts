/** What the verifier says at the end of its log. */
export interface VerifierStatistics {
  /** Instructions walked, over all paths; the kernel's limit is 1,000,000. */
  readonly processed: number;
  readonly totalStates: number;
  /** States alive at one time. */
  readonly peakStates: number;
  /** Bytes of stack, summed over functions; undefined on kernels that do not say. */
  readonly stackDepth: number | undefined;
}

export interface VerifierRejection {
  /** Why, in the verifier's words. */
  readonly summary: string;
  /** Slot of the rejected instruction (a 64-bit load counts as two), when the log names one. */
  readonly slot: number | undefined;
}

const statisticsLine = /^(processed \d+ insns|verification time|stack depth|insns processed)/;

// Lines that only show the verifier's state or the way it took: "0: R1=ctx()", "; source", "from 3 to 5: …", and precision
// tracking, "mark_precise: …", "regs=1 stack=0 before …", "last_idx …", "parent …".
const stateLine =
  /^(\d+: *(R|fp|$|safe)|;|from \d+ to \d+|\d+: safe|mark_precise|regs=|last_idx|parent |caller|callee|propagating|frame\d|returning from| *R\d+=| *fp-|func#|live regs|\s+\d+: [.0-9]{10} )/;

const instructionLine = /^(\d+): \([0-9a-f]{2}\)/;

export function parseStatistics(log: string): VerifierStatistics | undefined {
  const match = /^processed (\d+) insns.* total_states (\d+) peak_states (\d+)/m.exec(log);
  if (match === null) return undefined;
  const depths = /^stack depth ([\d+]+)/m.exec(log)?.[1];
  return {
    processed: Number(match[1]),
    totalStates: Number(match[2]),
    peakStates: Number(match[3]),
    stackDepth: depths?.split('+').reduce((sum, depth) => sum + Number(depth), 0),
  };
}

/** The verifier's reason and the instruction it stands at: what follows the last instruction that the log shows. */
export function parseRejection(log: string): VerifierRejection {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !statisticsLine.test(line));
  const last = lines.findLastIndex((line) => instructionLine.test(line));
  const reasons = lines.slice(last + 1).filter((line) => !stateLine.test(line));
  const summary = reasons.map((line) => line.trim()).join('; ') || (lines.at(-1)?.trim() ?? 'no reason given');
  // Checks before the walk name the instruction in the text: "unreachable insn 3", "jump out of range from insn 2 to 9".
  const named = /\binsn (\d+)/.exec(summary) ?? instructionLine.exec(lines[last] ?? '');
  return { summary, slot: named === null ? undefined : Number(named[1]) };
}
