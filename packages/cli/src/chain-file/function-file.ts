// Where a function's source is: a file, or a name of the library.
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { closest } from '../output/closest.ts';

export interface FunctionFile {
  /** Its name in a chain, unless it is given another one. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
}

/** Why there is no such function. */
export interface Unknown {
  readonly wrong: string;
  readonly hint: string;
}

/** A source; or what it was built to: a JavaScript module with its artefact, or the artefact. */
const EXTENSION = /\.vnf\.(ts|js|json)$/;

/** `use`: what the user wrote; a path is taken from `folder`. */
export function functionFile(use: string, folder: string): FunctionFile | Unknown {
  const isPath = EXTENSION.test(use) || use.endsWith('.ts') || use.includes('/');
  return isPath ? fromDisk(use, resolve(folder, use)) : fromLibrary(use);
}

function fromDisk(use: string, file: string): FunctionFile | Unknown {
  if (!EXTENSION.test(file)) {
    return { wrong: `${use} is no file of a function`, hint: 'its name ends in .vnf.ts' };
  }
  if (!existsSync(file)) return { wrong: `there is no file ${file}`, hint: 'check the path' };
  return { name: nameFrom(basename(file).replace(EXTENSION, '')), file };
}

function fromLibrary(use: string): FunctionFile | Unknown {
  const library = libraryFunctions();
  const file = library.get(use);
  if (file !== undefined) return { name: use, file };
  const meant = closest(use, library.keys());
  const known = `the library has ${[...library.keys()].join(', ')}; a file of your own ends in .vnf.ts`;
  return { wrong: `there is no function '${use}'`, hint: meant ? `did you mean '${meant}'? ${known}` : known };
}

/** A name of a chain or function from a file's name. */
export function nameFrom(base: string): string {
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63);
  return name === '' ? 'chain' : name;
}
