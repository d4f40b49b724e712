// 9xxx: the back end and the kernel.

import type { DiagnosticTexts } from './text.ts';

export const BACKEND = {
  TP9001: {
    severity: 'error',
    message: 'the kernel verifier rejected this: {0}',
    hint: 'this is a bug of the compiler, not of your function{1}',
  },
} as const satisfies DiagnosticTexts;
