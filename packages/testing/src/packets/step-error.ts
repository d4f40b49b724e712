/** A packet did not do what the case says. */
export class StepError extends Error {
  override readonly name = 'StepError';
  /** From 1. */
  readonly step: number;

  constructor(step: number, text: string, wrong: readonly string[], cause?: unknown) {
    super(`step ${step}, ${text}\n${wrong.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n')}`, { cause });
    this.step = step;
  }
}
