// Why each message is given, and by what. Apart from the messages, which every compilation loads.

import type { DiagnosticCode } from '../frontend/diagnostics.ts';
import { OF_BACKEND } from './backend.ts';
import type { Explanation } from './explanation.ts';
import { OF_NUMBERS } from './numbers.ts';
import { OF_PACKETS } from './packets.ts';
import { OF_SUBSET } from './subset.ts';
import { OF_TABLES, OF_VERDICTS } from './tables.ts';

export type { Example, Explanation } from './explanation.ts';

export const EXPLANATIONS: Readonly<Record<DiagnosticCode, Explanation>> = {
  ...OF_SUBSET,
  ...OF_NUMBERS,
  ...OF_PACKETS,
  ...OF_TABLES,
  ...OF_VERDICTS,
  ...OF_BACKEND,
};
