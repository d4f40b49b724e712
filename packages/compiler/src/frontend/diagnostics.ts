// Every message of the compiler, numbered; numbers are never used again. `{0}`, `{1}` are operands.
// 1xxx syntax and subset, 2xxx values and numbers, 3xxx packets and views, 4xxx tables, 5xxx verdicts and hooks, 9xxx the back end.

import { BACKEND } from './diagnostics/backend.ts';
import { NUMBERS } from './diagnostics/numbers.ts';
import { PACKETS } from './diagnostics/packets.ts';
import { SUBSET } from './diagnostics/subset.ts';
import { TABLES, VERDICTS } from './diagnostics/tables.ts';
import type { DiagnosticTexts } from './diagnostics/text.ts';

export type { DiagnosticText } from './diagnostics/text.ts';

export const DIAGNOSTICS = {
  ...SUBSET,
  ...NUMBERS,
  ...PACKETS,
  ...TABLES,
  ...VERDICTS,
  ...BACKEND,
} as const satisfies DiagnosticTexts;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
