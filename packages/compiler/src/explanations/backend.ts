// 9xxx: the back end and the kernel.

import type { BACKEND } from '../frontend/diagnostics/backend.ts';
import type { Explanation } from './explanation.ts';

export const OF_BACKEND: Readonly<Record<keyof typeof BACKEND, Explanation>> = {
  TP9001: {
    reason:
      'What the front end accepts, the verifier must accept too. The line is the one that the rejected instruction was made of.',
    none: 'a source that gives it is a bug of the compiler, to be reported',
  },
};
