// npm runs this in a package's folder before it packs it. In the repository packages are TypeScript that Node runs as it is;
// under node_modules Node strips no types. So what is published is JavaScript: built here, and named by a package.json that
// postpack.js takes back.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { published } from './published.js';
import { restore, SAVED } from './saved.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

restore();
removeOrphans('.');
run('tsc', ['-b', '.']);
copySql();
run('node', [join(root, 'tools/pack/artefacts.ts'), 'dist']);
const source = readFileSync('package.json', 'utf8');
writeFileSync(SAVED, source);
// In one step: somebody may be running the repository at this moment.
writeFileSync(`${SAVED}.new`, `${JSON.stringify(published(JSON.parse(source)), null, 2)}\n`);
renameSync(`${SAVED}.new`, 'package.json');

/** What is read at run time from beside the code. */
function copySql() {
  const files = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.sql'));
  for (const folder of new Set(files.map(dirname)))
    cpSync(join('src', folder), join('dist', folder), { recursive: true });
}

/** What was built from sources that are gone. */
function removeOrphans(folder) {
  const built = join('dist', folder);
  if (!existsSync(built)) return;
  for (const entry of readdirSync(built, { withFileTypes: true })) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) removeOrphans(name);
    else if (!hasSource(name)) rmSync(join('dist', name));
  }
}

function hasSource(name) {
  if (name.endsWith('.tsbuildinfo')) return true;
  return existsSync(join('src', name.replace(/(\.d\.ts|\.js|\.js\.map|\.json)$/, '.ts')));
}

/** Programs that npm installed for the repository, whatever else is on the path. */
function run(command, operands) {
  const { status, error } = spawnSync(join(root, 'node_modules/.bin', command), operands, { stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`${command} ${operands.join(' ')} failed${error ? `: ${error.message}` : ''}; nothing was packed.`);
  process.exit(1);
}
