import { ChainFile, type ChainFileContext, ChainFileError, type Path, readChainFile } from '@twinpath/api';
import { ConfigError } from '@twinpath/runtime/config';
import { type ChainSpec, checkChain } from '@twinpath/vnf/chain';
import { type Refusal, RefusedError } from '../control/refusal.ts';
import { refusalOf } from '../functions/refusal-of.ts';
import { problemsIn } from './problems-in.ts';

/** A chain, as a document says. */
export interface WantedChain {
  readonly name: string;
  /** As it was written. */
  readonly file: ChainFile;
  readonly spec: ChainSpec;
  readonly on: 'kernel' | 'engine';
  /** That changed it last. */
  readonly revision: number;
  /** Where in the file is what is there in the spec. */
  locate(path: Path): Path;
  /** An error of this chain, with faults from the root of what was written. `of`: faults are in the configuration of this function. */
  refusal(error: unknown, of?: string): Refusal;
}

/** @throws RefusedError with faults from the root of `value` */
export function wantedChain(
  name: string,
  { value, revision }: { readonly value: unknown; readonly revision: number },
  find: ChainFileContext['find'],
): WantedChain {
  const parsed = ChainFile.safeParse(value);
  if (!parsed.success) {
    const faults = problemsIn(ChainFile, parsed.error.issues, value);
    throw new RefusedError({ status: 422, code: 'TP_CONFIG', detail: `chain ${name}: ${faults[0]?.detail}`, faults });
  }
  const file = parsed.data;
  if (file.name !== undefined && file.name !== name) {
    const detail = `the chain is called ${file.name} inside, and ${name} outside`;
    const faults = [{ path: ['name'], detail, hint: 'leave the name out, or make it the same' }];
    throw new RefusedError({ status: 422, code: 'TP_CONFIG', detail, faults });
  }
  let locate = (path: Path): Path => path;
  try {
    const read = readChainFile(file, { name, find });
    locate = read.locate;
    const { spec, on } = read;
    checkChain(spec);
    return { name, file, spec, on, revision, locate, refusal: (error, of) => located(error, { spec, locate, of }) };
  } catch (error) {
    throw new RefusedError(located(error, { locate }), error);
  }
}

interface Place {
  readonly spec?: ChainSpec;
  readonly of?: string | undefined;
  locate(path: Path): Path;
}

/** Faults of a function's configuration lie below that function; others where they are in the chain's spec. */
function located(error: unknown, { spec, of, locate }: Place): Refusal {
  const refusal = refusalOf(error);
  const { faults } = refusal;
  if (faults === undefined || error instanceof ChainFileError) return refusal;
  const owner = of ?? (error instanceof ConfigError ? error.function : undefined);
  const index = spec?.functions.findIndex(({ name }) => name === owner) ?? -1;
  const base: Path = index < 0 ? [] : ['functions', index, 'config'];
  return { ...refusal, faults: faults.map((fault) => ({ ...fault, path: locate([...base, ...fault.path]) })) };
}
