import type { BlockId, Location } from '../ir/types.ts';

/** Something a program must not do, found before it is known where; the interpreter adds that. */
export class Fault extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Where in the program. */
export interface Place {
  readonly program: string;
  readonly block: BlockId;
  /** Index of the instruction in its block; the number of instructions stands for the terminator. */
  readonly instruction: number;
  /** The instruction as text. */
  readonly text: string;
  readonly at: Location | undefined;
}

/** What the kernel's verifier would have refused, or a run that would not have ended. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  readonly code = 'evaluation';
  readonly hint: string;
  readonly place: Place;
  readonly at: Location | undefined;

  constructor(fault: Fault, place: Place) {
    const source = place.at === undefined ? '' : `${place.at.file}:${place.at.line}:${place.at.column}: `;
    super(`${source}${fault.message} (program ${place.program}, block ${place.block}: ${place.text})`, {
      cause: fault,
    });
    this.hint = fault.hint;
    this.place = place;
    this.at = place.at;
  }
}
