// `npm run docs` makes the pages of docs/reference that follow from the code.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagnosticsPage } from './docs/diagnostics-page.ts';

writeFileSync(fileURLToPath(new URL('../docs/reference/diagnostics.md', import.meta.url)), await diagnosticsPage());
