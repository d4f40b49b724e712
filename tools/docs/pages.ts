import { diagnosticsPage } from './diagnostics-page.ts';
import { functionsPage } from './functions-page.ts';
import { metricsPage } from './metrics-page.ts';
import { restPage } from './rest-page.ts';

/** Pages that follow from the code, and how they are made. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/diagnostics.md': diagnosticsPage,
  'docs/reference/functions.md': functionsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/rest.md': restPage,
};
