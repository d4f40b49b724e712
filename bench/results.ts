// What was measured before: bench/results/<scenario>.json, and the page that shows all of it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { page } from './report/page.ts';
import type { Result } from './result.ts';

const folder = join(import.meta.dirname, 'results');
export const REPORT = join(import.meta.dirname, 'report/index.html');

export function record(result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.scenario}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** In the order of their names. */
export function recorded(): readonly Result[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

export function writeReport(): void {
  writeFileSync(REPORT, page(recorded()));
}
