import { errnoName } from '@twinpath/linux';
import { parseRejection, parseStatistics } from './verifier-log.ts';

/** The kernel's verifier rejected a program. */
export class VerifierError extends Error {
  override readonly name = 'VerifierError';
  /** The errno's name: EACCES and EINVAL for unsafe programs, E2BIG for too complex ones. */
  readonly code: string;
  readonly program: string;
  /** Why, in the verifier's words. */
  readonly summary: string;
  /** The whole log. */
  readonly log: string;
  /** Slot of the rejected instruction (8-byte units; a 64-bit load counts as two), when the log names one. */
  readonly slot: number | undefined;
  /** Instructions that the verifier walked before it gave up. */
  readonly processed: number | undefined;

  constructor(program: string, errno: number, log: string) {
    const { summary, slot } = parseRejection(log);
    const lines = log.trimEnd().split('\n').length;
    const where = slot === undefined ? '' : ` at instruction ${slot}`;
    super(`the verifier rejected program "${program}"${where}: ${summary} (log of ${lines} lines)`);
    this.code = errnoName(errno);
    this.program = program;
    this.summary = summary;
    this.log = log;
    this.slot = slot;
    this.processed = parseStatistics(log)?.processed;
  }
}
