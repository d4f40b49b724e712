// Functions that chains can use, by name: those of the library, those that were uploaded, and files of this machine.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { ChainFileContext, FunctionInfo, FunctionSummary } from '@twinpath/api';
import { libraryFunctions } from '@twinpath/functions';
import { notFound } from '../control/refusal.ts';
import type { Documents } from '../store/store.ts';
import type { Description } from './description.ts';
import { Descriptions } from './descriptions.ts';
import { Inspector } from './inspector.ts';
import { unpack } from './unpack.ts';
import { type Uploaded, uploaded } from './uploaded.ts';

/** A source; or what it was built to. */
const EXTENSION = /\.vnf\.(ts|js|json)$/;

interface Known {
  readonly file: string;
  readonly origin: FunctionSummary['origin'];
  readonly upload?: Uploaded;
}

/** Functions by name, as documents say. */
export type Functions = ReadonlyMap<string, Known>;

export interface CatalogueOptions {
  /** Functions that were uploaded lie there as files, which is what runs. */
  readonly stateDirectory: string;
  readonly database: DatabaseSync;
  readonly version: string;
}

export class Catalogue implements AsyncDisposable {
  readonly #folder: string;
  readonly #library = libraryFunctions();
  readonly #inspector = new Inspector();
  readonly #descriptions: Descriptions;

  constructor({ stateDirectory, database, version }: CatalogueOptions) {
    this.#folder = join(stateDirectory, 'functions');
    this.#descriptions = new Descriptions(database, this.#inspector, version);
  }

  isOfLibrary(name: string): boolean {
    return this.#library.has(name);
  }

  /** Those of the library, and of documents called `function/…`. */
  functions(documents: Documents): Functions {
    const found = new Map<string, Known>();
    for (const [name, file] of this.#library) found.set(name, { file, origin: 'library' });
    for (const [key, { value }] of documents) {
      if (!key.startsWith('function/')) continue;
      const upload = uploaded.parse(value);
      const name = key.slice('function/'.length);
      found.set(name, { file: unpack(this.#folder, name, upload), origin: 'uploaded', upload });
    }
    return found;
  }

  /** What `use:` of a chain names. */
  finder(functions: Functions): ChainFileContext['find'] {
    return (use) => {
      const known = functions.get(use);
      if (known !== undefined) return { name: use, file: known.file };
      if (isAbsolute(use)) return fromDisk(use);
      if (use.includes('/') || EXTENSION.test(use)) {
        return { wrong: `${use} is a path from nowhere`, hint: 'upload the function, or write the whole path' };
      }
      return { wrong: `there is no function '${use}'`, hint: `there is ${[...functions.keys()].join(', ')}` };
    };
  }

  /** @throws RefusedError */
  async info(name: string, functions: Functions): Promise<FunctionInfo> {
    const known = functions.get(name);
    if (known === undefined)
      throw notFound(`there is no function ${name}`, `there is ${[...functions.keys()].join(', ')}`);
    const { info } = await this.describe(known.file);
    return { ...info, ...summaryOf(name, known) };
  }

  /** In the order of their names. What cannot be described is listed without its summary. */
  async list(functions: Functions): Promise<FunctionSummary[]> {
    const names = [...functions.keys()].toSorted();
    const described = await Promise.allSettled(names.map((name) => this.info(name, functions)));
    return names.map((name, index) => {
      const found = described[index];
      const known = functions.get(name);
      const summary = found?.status === 'fulfilled' ? found.value.summary : undefined;
      return {
        ...(known && summaryOf(name, known)),
        name,
        origin: known?.origin ?? 'library',
        ...(summary && { summary }),
      };
    });
  }

  /** @throws RefusedError */
  async describe(file: string): Promise<Description> {
    return this.#descriptions.of(file);
  }

  /** JSON Schema of the configuration of what a `use:` names; `undefined`: it takes none. @throws RefusedError */
  async configSchema(use: string, functions: Functions): Promise<unknown> {
    const found = this.finder(functions)(use);
    if ('wrong' in found) throw notFound(found.wrong, found.hint);
    return (await this.describe(found.file)).info.config;
  }

  /** Whether a function takes a configuration. @throws RefusedError with faults from the configuration's root */
  async check(
    file: string,
    given: { readonly name: string; readonly config: unknown; readonly compile: boolean },
  ): Promise<Description> {
    return this.#inspector.ask({ kind: 'check', file, ...given });
  }

  /** Writes what is going to be uploaded, and looks at it. @throws RefusedError */
  async look(name: string, upload: Uploaded): Promise<Description> {
    return this.describe(unpack(this.#folder, name, upload));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#inspector[Symbol.asyncDispose]();
  }
}

export const contentHash = (content: string): string => createHash('sha256').update(content).digest('hex');

function summaryOf(name: string, { origin, upload }: Known): FunctionSummary {
  if (upload === undefined) return { name, origin };
  const { hash, at, by } = upload;
  return { name, origin, hash, uploadedAt: at, uploadedBy: by };
}

function fromDisk(file: string): ReturnType<ChainFileContext['find']> {
  if (!EXTENSION.test(file)) return { wrong: `${file} is no file of a function`, hint: 'its name ends in .vnf.ts' };
  if (!existsSync(file))
    return { wrong: `there is no file ${file}`, hint: 'it has to be on the machine of the daemon' };
  const name = basename(file)
    .replace(EXTENSION, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '');
  return { name: name.slice(0, 63) || 'function', file };
}
