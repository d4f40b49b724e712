import type { Answer, SlowPathStatistics } from '../chain/statistics.ts';

/** What the slow path of one function has done. */
export class SlowPathCounts {
  handedUp = 0;
  unanswered = 0;
  looped = 0;
  truncated = 0;
  undelivered = 0;
  handlerErrors = 0;
  malformed = 0;
  readonly answered: Record<Answer, number> = {
    resume: 0,
    retry: 0,
    receive: 0,
    forward: 0,
    bounce: 0,
    stack: 0,
    drop: 0,
    reply: 0,
  };

  statistics(): SlowPathStatistics {
    const { handedUp, unanswered, looped, truncated, undelivered, handlerErrors, malformed } = this;
    const answered = { ...this.answered };
    return {
      handedUp,
      answered,
      unanswered,
      looped,
      truncated,
      undelivered,
      handlerErrors,
      malformed,
      lostAtSockets: 0,
      restarts: 0,
    };
  }
}
