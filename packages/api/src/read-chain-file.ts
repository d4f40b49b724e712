import { type ChainFunctionSpec, type ChainSpec, HOST, type PortSpec } from '@twinpath/vnf/chain';
import type { ChainFile } from './chain-file.ts';

type Path = readonly (string | number)[];

/** What is wrong with a chain's file, beyond what its schema says. */
export class ChainFileError extends Error {
  override readonly name = 'ChainFileError';
  readonly code = 'TP_CONFIG';
  /** In the file. */
  readonly path: Path;
  readonly hint: string;

  constructor(path: Path, wrong: string, hint: string) {
    super(wrong);
    this.path = path;
    this.hint = hint;
  }
}

export interface ChainFileContext {
  /** Of a chain that does not say its own. */
  readonly name: string;
  /** Where the source of a function is: a name of the library, or a path from the file's folder. */
  find(
    use: string,
  ): { readonly name: string; readonly file: string } | { readonly wrong: string; readonly hint: string };
}

/** A chain that was read from a file. */
export interface FileChain {
  /** Without an interface where the file names none: `interface` is empty then. */
  readonly spec: ChainSpec;
  /** What works on its packets. */
  readonly on: 'kernel' | 'engine';
  /** Where in the file something of the spec comes from. */
  locate(path: Path): Path;
}

/** What stands in for the interface of a chain that names none. */
const NO_INTERFACE = '';

/** @throws ChainFileError */
export function readChainFile(file: ChainFile, context: ChainFileContext): FileChain {
  return new Reader(file, context).read();
}

interface Paths {
  readonly paths: readonly (readonly string[])[];
  /** Where in the file a step of a path is. */
  at(path: number, step: number): Path;
}

class Reader {
  readonly #file: ChainFile;
  readonly #context: ChainFileContext;

  constructor(file: ChainFile, context: ChainFileContext) {
    this.#file = file;
    this.#context = context;
  }

  read(): FileChain {
    const { name = this.#context.name, functions: entries = [] } = this.#file;
    const ports = this.#ports();
    const declared = entries.map((entry, index) => this.#declared(entry, index));
    const { paths, at } = this.#paths(ports, declared);
    const functions = [...declared, ...this.#fromLibrary(paths, at, ports, declared)];
    const locate = (path: Path): Path => this.#locate(path, at, declared.length);
    const { on = 'kernel', run, specialise } = this.#file;
    const said = { ...(run !== undefined && { run }), ...(specialise !== undefined && { specialise }) };
    return { spec: { name, ports, paths, functions, ...said }, on, locate };
  }

  #ports(): Readonly<Record<string, PortSpec>> {
    const { interface: link, namespace, hook, mode, whenGone, handOver, ports } = this.#file;
    const options = {
      ...(namespace !== undefined && { namespace }),
      ...(hook !== undefined && { hook }),
      ...(mode !== undefined && { mode }),
      ...(whenGone !== undefined && { whenGone }),
      ...(handOver !== undefined && { handOver }),
    };
    if (ports === undefined) return { [link ?? 'port']: { interface: link ?? NO_INTERFACE, ...options } };
    if (link !== undefined) {
      throw new ChainFileError(['interface'], 'there are `interface` and `ports`', 'name the interface below `ports`');
    }
    const all = Object.entries(ports).map(([name, given]) => {
      const port = typeof given === 'string' ? { interface: given } : given;
      return [name, { ...options, ...withoutMissing(port) }] as const;
    });
    return Object.fromEntries(all);
  }

  #declared(entry: NonNullable<ChainFile['functions']>[number], index: number): ChainFunctionSpec {
    const { name, use, share, ...options } = entry;
    const refuse = (member: string, wrong: string, hint: string) =>
      new ChainFileError(['functions', index, member], wrong, hint);
    if (share !== undefined) {
      if (use !== undefined) throw refuse('share', 'there are `use` and `share`', 'take one of them');
      return { name: name ?? share.slice(share.indexOf('/') + 1), share };
    }
    if (use === undefined && name === undefined) {
      throw refuse('use', `functions[${index}].use is missing`, 'give a string');
    }
    const found = this.#context.find(use ?? name ?? '');
    if ('wrong' in found) throw refuse(use === undefined ? 'name' : 'use', found.wrong, found.hint);
    return { name: name ?? found.name, use: found.file, ...withoutMissing(options) };
  }

  #paths(ports: ChainSpec['ports'], declared: readonly ChainFunctionSpec[]): Paths {
    const { chain, paths } = this.#file;
    const port = Object.keys(ports)[0] ?? '';
    if (paths !== undefined) {
      if (chain !== undefined) throw new ChainFileError(['chain'], 'there are `chain` and `paths`', 'take one of them');
      return { paths: paths.map(steps), at: (path) => ['paths', path] };
    }
    if (this.#file.ports !== undefined) {
      const hint = "write `paths: ['outside → firewall → host']`";
      throw new ChainFileError(['ports'], 'there are `ports`, and no `paths` between them', hint);
    }
    if (chain !== undefined) return { paths: [[port, ...steps(chain), HOST]], at: () => ['chain'] };
    if (declared.length === 0) {
      throw new ChainFileError([], 'it names no function', 'write `chain: firewall → dpi`, or `functions:`');
    }
    const names = declared.map(({ name }) => name);
    return { paths: [[port, ...names, HOST]], at: (_, step) => ['functions', Math.max(0, step - 1)] };
  }

  /** Functions of paths that need no configuration are not listed. */
  #fromLibrary(
    paths: Paths['paths'],
    at: Paths['at'],
    ports: ChainSpec['ports'],
    declared: readonly ChainFunctionSpec[],
  ): readonly ChainFunctionSpec[] {
    const known = new Set([HOST, ...Object.keys(ports), ...declared.map(({ name }) => name)]);
    const found: ChainFunctionSpec[] = [];
    paths.forEach((path, index) => {
      path.forEach((text, step) => {
        const [name = ''] = text.split(':');
        if (known.has(name)) return;
        known.add(name);
        const source = this.#context.find(name);
        if ('wrong' in source) throw new ChainFileError(at(index, step), source.wrong, source.hint);
        found.push({ name, use: source.file });
      });
    });
    return found;
  }

  #locate(path: Path, at: Paths['at'], declared: number): Path {
    const [member, index, step] = path;
    if (member === 'paths') return at(Number(index), Number(step ?? 0));
    if (member === 'functions' && Number(index) >= declared) return at(0, 0);
    if (member !== 'ports') return path;
    if (this.#file.ports === undefined) return [String(step ?? 'interface')];
    return this.#ofPort(path);
  }

  /** A port may be its interface's name alone, and have what the chain says of all ports. */
  #ofPort(path: Path): Path {
    const [, name = '', option] = path;
    const given = this.#file.ports?.[name];
    if (option === undefined || given === undefined) return path;
    if (typeof given !== 'string' && Object.hasOwn(given, option)) return path;
    return Object.hasOwn(this.#file, option) ? [option] : ['ports', name];
  }
}

/** `a → b → c`, or `a -> b -> c`. */
const steps = (text: string): readonly string[] => text.split(/→|->/).map((step) => step.trim());

/** Optional members that are not there, and not there as `undefined`. */
type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

function withoutMissing<T extends object>(given: T): Given<T>;
function withoutMissing(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
