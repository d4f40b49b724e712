// A new function: its file, packets that try it, and what npm and the editor want to know.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';

export interface CreateOptions {
  /** By the papers' splits; `ports`: a function between ports of its own. */
  readonly template: 'hybrid' | 'in-kernel' | 'ports';
  readonly json?: boolean;
}

const folder = fileURLToPath(new URL('../../templates', import.meta.url));
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 63;

/** @throws UsageError for what is no name; CommandError where something is in the way */
export function create(name: string, { template, json = false }: CreateOptions): void {
  if (!NAME.test(name) || name.length > LONGEST) {
    throw new UsageError(
      `'${name}' is no name of a function`,
      'use small letters, digits and single hyphens, such as rate-limiter',
    );
  }
  const target = resolve(name);
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new CommandError(`${target} exists, and is not empty`, 'choose another name, or remove it');
  }
  const files = texts(name, template);
  mkdirSync(target, { recursive: true });
  for (const [file, text] of files) writeFileSync(join(target, file), text);
  if (json) {
    printJson({ folder: target, files: [...files.keys()] });
    return;
  }
  const place = relative(process.cwd(), target);
  process.stdout.write(`${[...files.keys()].map((file) => join(place, file)).join('\n')}\n`);
  process.stderr.write(`\nNext: cd ${place} && npm install && npx twinpath check ${name}.vnf.ts\n`);
}

/** File name to text. */
function texts(name: string, template: CreateOptions['template']): ReadonlyMap<string, string> {
  const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'));
  const identifier = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const fill = (text: string) =>
    text.replaceAll('my-function', name).replaceAll('myFunction', identifier).replaceAll('VERSION', `^${version}`);
  return new Map(
    [template, 'common'].flatMap((part) =>
      readdirSync(join(folder, part)).map((file) => {
        const given = file.replace(/^function\./, `${name}.`).replace(/\.template$/, '');
        return [given, fill(readFileSync(join(folder, part, file), 'utf8'))] as const;
      }),
    ),
  );
}
