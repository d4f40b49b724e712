// What `apply` and its kind are given: a chain in YAML, or several under `chains`; and what a daemon says of it, at its lines.
import { basename, dirname, resolve } from 'node:path';
import { ChainFile, document, ProblemError, pointerSteps } from '@twinpath/api';
import { problemsOf } from '@twinpath/runtime/config';
import { FileError } from '../chain-file/file-error.ts';
import { nameFrom } from '../chain-file/function-file.ts';
import { type Path, YamlSource } from '../chain-file/yaml-source.ts';

export interface WantedFile {
  readonly chains: Readonly<Record<string, ChainFile>>;
  /** A refusal of the whole document, at the lines of this file where it is about them. */
  located(error: unknown): unknown;
}

/** `-`: standard input. @throws FileError, CommandError */
export function readWanted(file: string): WantedFile {
  const source = new YamlSource(file === '-' ? '/dev/stdin' : file);
  const isSeveral = Object.hasOwn(Object(source.value), 'chains');
  const parsed = (isSeveral ? document : ChainFile).safeParse(source.value);
  if (!parsed.success) {
    const schema = isSeveral ? document : ChainFile;
    throw new FileError(
      problemsOf(schema, parsed.error.issues, source.value).map(({ path, wrong, right }) =>
        source.problemAt(path, wrong, right),
      ),
    );
  }
  const folder = file === '-' ? process.cwd() : dirname(resolve(file));
  if ('chains' in parsed.data) {
    const { chains } = parsed.data;
    const absolute = Object.entries(chains).map(([name, chain]) => [name, withFolder(chain, folder)] as const);
    return { chains: Object.fromEntries(absolute), located: (error) => located(source, error, (path) => path) };
  }
  const name = parsed.data.name ?? nameFrom(basename(file).replace(/\.ya?ml$/, ''));
  return {
    chains: { [name]: withFolder(parsed.data, folder) },
    located: (error) => located(source, error, ([, chain, ...path]) => (chain === name ? path : undefined)),
  };
}

/** The daemon is in another folder. */
function withFolder({ functions, ...chain }: ChainFile, folder: string): ChainFile {
  if (functions === undefined) return chain;
  const absolute = (use: string) => (/^\.\.?\//.test(use) ? resolve(folder, use) : use);
  return {
    ...chain,
    functions: functions.map((one) => (one.use === undefined ? one : { ...one, use: absolute(one.use) })),
  };
}

function located(source: YamlSource, error: unknown, inFile: (path: Path) => Path | undefined): unknown {
  if (!(error instanceof ProblemError)) return error;
  const problems = error.faults.flatMap(({ pointer, detail, hint }) => {
    const steps = pointer === undefined ? undefined : pointerSteps(pointer);
    const path = steps && inFile(steps);
    return path === undefined ? [] : [source.problemAt(path, detail, hint ?? error.hint ?? 'correct it there')];
  });
  return problems.length === 0 ? error : Object.assign(new FileError(problems, error.code), { cause: error });
}
