// Beside each built function its artefact, from the source: published functions are compiled without TypeScript.
import { existsSync, globSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { importVnf, writeArtefact } from '@twinpath/compiler';

const [built = 'dist'] = process.argv.slice(2);
for (const name of globSync('**/*.vnf.js', { cwd: built })) {
  const module = resolve(built, name);
  const source = resolve(built, '../src', name.replace(/\.js$/, '.ts'));
  if (/(^|\/)(test|fixtures)\//.test(relative(built, module)) || !existsSync(source)) continue;
  const artefact = writeArtefact(await importVnf(source), { folder: dirname(module), module });
  writeFileSync(module.replace(/\.js$/, '.json'), JSON.stringify(artefact));
}
