import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The functions of the library: name to file. Each has a folder of its own. */
export function libraryFunctions(): ReadonlyMap<string, string> {
  const names = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const files = names.map(({ name }) => [name, join(import.meta.dirname, name, `${name}.vnf.ts`)] as const);
  return new Map(files.filter(([, file]) => existsSync(file)));
}
