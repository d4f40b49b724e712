import type { Case } from './case.ts';
import { choices } from './choices.ts';
import { defects } from './defects.ts';
import { fragments } from './fragments.ts';
import { icmpErrors } from './icmp-errors.ts';
import { nat } from './nat.ts';
import { sessions } from './sessions.ts';
import { together } from './together.ts';
import { withoutAnswers } from './without-answers.ts';

/** What the balancer does to which packet. */
export const cases: readonly Case[] = [
  ...nat,
  ...sessions,
  ...withoutAnswers,
  ...icmpErrors,
  ...fragments,
  ...choices,
  ...defects,
  ...together,
];
