import type { Case } from './case.ts';
import { defects } from './defects.ts';
import { shapes } from './shapes.ts';
import { undecided } from './undecided.ts';
import { verdicts } from './verdicts.ts';

/** What the fast path does with which packet. */
export const cases: readonly Case[] = [...undecided, ...verdicts, ...shapes, ...defects];
