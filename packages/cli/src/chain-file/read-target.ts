// What `run` and `check` are told, made into a chain: a chain's file, a function's file or a function of the library.
import { basename, dirname } from 'node:path';
import { ChainFile, ChainFileError, document, type FileChain, readChainFile, readChains } from '@twinpath/api';
import { ChainError, ConfigError, problemsOf } from '@twinpath/runtime';
import { type ChainSpec, ChainSpecError, lineChain, type OwnFunctionSpec, type PortMode } from '@twinpath/vnf/chain';
import type { z } from 'zod';
import { closest } from '../output/closest.ts';
import { CommandError, UsageError } from '../output/command-error.ts';
import { FileError, type FileProblem } from './file-error.ts';
import { functionFile, nameFrom } from './function-file.ts';
import { type Path, YamlSource } from './yaml-source.ts';

/** Of the command line; each goes before what a file says. */
export interface Overrides {
  readonly interface?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly mode?: PortMode;
  readonly name?: string;
}

export interface Target {
  /** A chain was named, or a function alone, whose ports lead nowhere yet. */
  readonly kind: 'chain' | 'function';
  /** Where nothing names an interface, that of its port is empty: only `run` needs one. */
  readonly chain: ChainSpec;
  /** What works on its packets, unless the command line says otherwise. */
  readonly on: 'kernel' | 'engine';
  /** The same error at the line of the file that what is wrong comes from, if it comes from one. */
  located(error: unknown): unknown;
}

/** A function that a target brings along, which is all but those of other chains. */
export const ownFunctions = ({ chain }: Target): readonly OwnFunctionSpec[] =>
  chain.functions.filter((one): one is OwnFunctionSpec => 'use' in one);

/** @throws FileError, CommandError, UsageError: also for several chains */
export function readTarget(target: string, overrides: Overrides): Target {
  const [found, ...others] = readTargets(target, overrides);
  if (found !== undefined && others.length === 0) return found;
  throw new UsageError(`${target} has ${others.length + 1} chains`, 'name a file with one chain');
}

/** All that a file has, in the order in which they are to start. @throws FileError, CommandError, UsageError */
export function readTargets(target: string, overrides: Overrides): readonly Target[] {
  const found = /\.ya?ml$/.test(target) ? fromChainFile(target, overrides) : [fromFunction(target, overrides)];
  return found.map((one) => ({ ...one, chain: overridden(one.chain, overrides, found.length) }));
}

/** @throws UsageError when neither the command line nor the file names an interface. */
export function placed({ chain }: Target): ChainSpec {
  if (Object.values(chain.ports).every((port) => port.interface !== '')) return chain;
  throw new UsageError('no interface is named', 'add --interface <name>, or `interface: <name>` to the chain');
}

/** The command line goes before the file. @throws UsageError for a chain with several ports, or one of several. */
function overridden(
  chain: ChainSpec,
  { name, mode, interface: link, namespace }: Overrides,
  chains: number,
): ChainSpec {
  if (chains > 1 && [name, mode, link, namespace].some((one) => one !== undefined)) {
    const hint = 'leave --name, --interface, --namespace and --mode out, and write them below each chain';
    throw new UsageError(`there are ${chains} chains`, hint);
  }
  const named = name === undefined ? chain : { ...chain, name };
  const change = {
    ...(mode !== undefined && { mode }),
    ...(link !== undefined && { interface: link }),
    ...(namespace !== undefined && { namespace }),
  };
  if (Object.keys(change).length === 0) return named;
  const [[port = '', spec] = [], ...others] = Object.entries(chain.ports);
  if (spec === undefined || others.length > 0) {
    const hint = 'leave --interface, --namespace and --mode out, and write them below `ports`';
    throw new UsageError(`chain ${chain.name} has ${others.length + 1} ports`, hint);
  }
  return { ...named, ports: { [port]: { ...spec, ...change } } };
}

function fromFunction(target: string, { config, interface: link = '' }: Overrides): Target {
  const found = functionFile(target, process.cwd());
  if ('wrong' in found) throw new CommandError(found.wrong, found.hint);
  const source = config === undefined ? undefined : new YamlSource(config);
  const { name, file } = found;
  const given = source?.value ?? undefined;
  const one = { name, use: file, ...(given !== undefined && { config: given }) };
  return {
    kind: 'function',
    on: 'kernel',
    chain: lineChain(name, { name: link === '' ? 'port' : link, interface: link }, [one]),
    located: (error) => (source !== undefined && error instanceof ConfigError ? locate(source, error, []) : error),
  };
}

function fromChainFile(target: string, overrides: Overrides): readonly Target[] {
  if (overrides.config !== undefined) {
    throw new UsageError('--config is for a single function', 'write `config:` below the function in the chain');
  }
  const source = new YamlSource(target);
  return chainsOf(source).map((chain) => targetOf(source, chain, overrides));
}

function targetOf(source: YamlSource, { spec, on, locate: at }: FileChain, overrides: Overrides): Target {
  return {
    kind: 'chain',
    on,
    chain: spec,
    located(error) {
      if ((error instanceof ChainError || error instanceof ChainSpecError) && error.path !== undefined) {
        if (isOverridden(error.path, overrides)) return error;
        const wrong = error.message.replace(/^chain [^:]*: /, '');
        const code = error instanceof ChainError ? error.code : undefined;
        return new FileError([source.problemAt(at(error.path), wrong, error.hint)], code);
      }
      if (!(error instanceof ConfigError)) return error;
      const index = spec.functions.findIndex((one) => one.name === error.function);
      return index < 0 ? error : locate(source, error, at(['functions', index, 'config']));
    },
  };
}

/** What is wrong comes from the command line, and not from the file. */
function isOverridden([member, , option]: Path, overrides: Overrides): boolean {
  if (member !== 'ports') return false;
  return (['interface', 'namespace', 'mode'] as const).some((one) => one === option && overrides[one] !== undefined);
}

/** One, or those below `chains`. */
function chainsOf(source: YamlSource): readonly FileChain[] {
  const { value } = source;
  const find = (use: string) => functionFile(use, dirname(source.file));
  try {
    if (typeof value === 'object' && value !== null && 'chains' in value) {
      return readChains(parsed(source, document), { find });
    }
    const name = nameFrom(basename(source.file).replace(/\.ya?ml$/, ''));
    return [readChainFile(parsed(source, ChainFile), { name, find })];
  } catch (error) {
    if (!(error instanceof ChainFileError)) throw error;
    throw new FileError([source.problemAt(error.path, error.message, error.hint)]);
  }
}

/** @throws FileError */
function parsed<T>(source: YamlSource, schema: z.ZodType<T>): T {
  const result = schema.safeParse(source.value);
  if (result.success) return result.data;
  const problems = problemsOf(schema, result.error.issues, source.value);
  throw new FileError(problems.map((problem) => problemIn(source, [], problem)));
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
