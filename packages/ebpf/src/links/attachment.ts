import type { BpfProgram } from '../programs/program.ts';

/** A program in its place on an interface, held there by a link or by a filter. */
export interface Attachment extends Disposable {
  /** Replaces the program between two packets; none is lost. */
  update(program: BpfProgram): void;
  /** Ends the attachment, whoever else holds it. */
  detach(): void;
}
