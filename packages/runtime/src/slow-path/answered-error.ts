/** A packet was answered a second time, or too late. */
export class AnsweredError extends Error {
  override readonly name = 'AnsweredError';
  readonly code = 'TP_ANSWERED';
  readonly hint: string;
  /** It was the runtime that answered: nobody else had in time. */
  readonly late: boolean;

  constructor(reason: string, answer: string, before: string, late: boolean) {
    super(`${answer}(): the packet that came up as ${reason} has had its answer: ${before}`);
    this.late = late;
    this.hint = late
      ? 'answer sooner, or give the reason a longer `answerWithin`'
      : 'give each packet one answer; return behind it';
  }
}
