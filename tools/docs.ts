// `npm run docs` makes the pages of docs/reference that follow from the code.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PAGES } from './docs/pages.ts';

for (const [page, make] of Object.entries(PAGES))
  writeFileSync(fileURLToPath(new URL(`../${page}`, import.meta.url)), await make());
