import { existsSync, renameSync } from 'node:fs';

/** package.json as it is in the repository, while npm packs. */
export const SAVED = 'package.json.saved';

/** Also after npm was killed in the middle. */
export function restore() {
  if (existsSync(SAVED)) renameSync(SAVED, 'package.json');
}
