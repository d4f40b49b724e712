// What `run` and `check` are told, made into a chain: a chain's file, a function's file or a function of the library.
import { basename, dirname } from 'node:path';
import { type ChainFunctionSpec, type ChainSpec, type ConfigError, problemsOf } from '@twinpath/runtime';
import { closest } from '../output/closest.ts';
import { CommandError, UsageError } from '../output/command-error.ts';
import { ChainFile } from './chain-file.ts';
import { FileError, type FileProblem } from './file-error.ts';
import { functionFile, nameFrom } from './function-file.ts';
import { type Path, YamlSource } from './yaml-source.ts';

/** Of the command line; each goes before what a file says. */
export interface Overrides {
  readonly interface?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly mode?: NonNullable<ChainSpec['mode']>;
  readonly name?: string;
}

/** Everything but the port, which only `run` needs. */
export type Portless = Omit<ChainSpec, 'port'>;

export interface Target {
  readonly chain: Portless;
  readonly port: { readonly interface?: string; readonly namespace?: string };
  /** The same error at the line of the file that the configuration comes from, if it comes from one. */
  located(error: ConfigError): Error;
}

/** @throws FileError, CommandError, UsageError */
export function readTarget(target: string, overrides: Overrides): Target {
  const isYaml = /\.ya?ml$/.test(target);
  const { chain, port, located } = isYaml ? fromChainFile(target, overrides) : fromFunction(target, overrides);
  const { name, mode, interface: link, namespace } = overrides;
  return {
    chain: { ...chain, ...(name !== undefined && { name }), ...(mode !== undefined && { mode }) },
    port: { ...port, ...(link !== undefined && { interface: link }), ...(namespace !== undefined && { namespace }) },
    located,
  };
}

/** @throws UsageError when neither the command line nor the file names an interface. */
export function placed({ chain, port }: Target): ChainSpec {
  const { interface: link, namespace } = port;
  if (link === undefined) {
    throw new UsageError('no interface is named', 'add --interface <name>, or `interface: <name>` to the chain');
  }
  return { ...chain, port: { interface: link, ...(namespace !== undefined && { namespace }) } };
}

function fromFunction(target: string, { config }: Overrides): Target {
  const found = functionFile(target, process.cwd());
  if ('wrong' in found) throw new CommandError(found.wrong, found.hint);
  const source = config === undefined ? undefined : new YamlSource(config);
  const { name, file } = found;
  const given = source?.value ?? undefined;
  return {
    chain: { name, functions: [{ name, use: file, ...(given !== undefined && { config: given }) }] },
    port: {},
    located: (error) => (source === undefined ? error : locate(source, error, [])),
  };
}

function fromChainFile(target: string, { config }: Overrides): Target {
  if (config !== undefined) {
    throw new UsageError('--config is for a single function', 'write `config:` below the function in the chain');
  }
  const source = new YamlSource(target);
  const parsed = ChainFile.safeParse(source.value);
  if (!parsed.success) {
    throw new FileError(
      problemsOf(ChainFile, parsed.error.issues, source.value).map((problem) => problemIn(source, [], problem)),
    );
  }
  const { name = nameFrom(basename(target).replace(/\.ya?ml$/, '')), functions, mode } = parsed.data;
  const { interface: link, namespace } = parsed.data;
  const specs = functions.map((one, index) => functionSpec(source, one, index));
  return {
    chain: { name, functions: specs, ...(mode !== undefined && { mode }) },
    port: { ...(link !== undefined && { interface: link }), ...(namespace !== undefined && { namespace }) },
    located: (error) => {
      const index = specs.findIndex((one) => one.name === error.function);
      return index < 0 ? error : locate(source, error, ['functions', index, 'config']);
    },
  };
}

type FunctionEntry = ChainFile['functions'][number];

function functionSpec(source: YamlSource, { name, use, config }: FunctionEntry, index: number): ChainFunctionSpec {
  const found = functionFile(use, dirname(source.file));
  if ('wrong' in found) {
    throw new FileError([source.problemAt(['functions', index, 'use'], found.wrong, found.hint)]);
  }
  return { name: name ?? found.name, use: found.file, ...(config !== undefined && { config }) };
}

function locate(source: YamlSource, error: ConfigError, at: Path): Error {
  const located = new FileError(error.problems.map((problem) => problemIn(source, at, problem)));
  located.cause = error.cause;
  return located;
}

function problemIn(source: YamlSource, at: Path, problem: ConfigError['problems'][number]): FileProblem {
  const { wrong, right, known } = problem;
  const path = [...at, ...problem.path];
  if (known === undefined) return source.problemAt(path, wrong, right);
  const member = String(path.at(-1));
  const meant = closest(member, known);
  const hint = meant === undefined ? right : `did you mean '${meant}'? ${right}`;
  return source.problemAtKey(path.slice(0, -1), member, wrong, hint);
}
