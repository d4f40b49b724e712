import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type { Classifier, Finding, Said, Talk } from './dpi/classifiers/index.ts';

/** The functions of the library: name to file. Each has a folder of its own. */
export function libraryFunctions(): ReadonlyMap<string, string> {
  const names = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  // Published as JavaScript, with their artefacts beside them.
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const files = names.map(({ name }) => [name, join(import.meta.dirname, name, `${name}.vnf.${extension}`)] as const);
  return new Map(files.filter(([, file]) => existsSync(file)));
}
