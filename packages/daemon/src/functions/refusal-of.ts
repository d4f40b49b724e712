// Errors of functions and chains, as refusals.

import { ChainFileError } from '@twinpath/api';
import { CompileError } from '@twinpath/compiler/run';
import { ConfigError, type ConfigProblem } from '@twinpath/runtime/config';
import { ChainError, type ChainErrorCode } from '@twinpath/runtime/errors';
import { ChainSpecError } from '@twinpath/vnf/chain';
import { type FaultAt, type Refusal, RefusedError } from '../control/refusal.ts';
import { ConflictError, StoreUnreachableError } from '../store/store.ts';

/** What is not the document's fault, but the host's as it is now. */
const OF_THE_HOST: ReadonlySet<ChainErrorCode> = new Set([
  'TP_CHAIN_RUNNING',
  'TP_CHAIN_LEFT_BEHIND',
  'TP_RECORD',
  'TP_BPFFS',
  'TP_NAMESPACE',
  'TP_INTERFACE',
  'TP_INTERFACE_TAKEN',
  'TP_INTERFACE_GONE',
  'TP_PRIVILEGE',
  'TP_STOPPED',
]);

/** Whatever is thrown while something that was asked for is tried. Faults are relative to the chain's spec, or the configuration. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  if (error instanceof ConfigError) return ofConfig(error);
  if (error instanceof CompileError) return ofCompiler(error);
  if (error instanceof ConflictError) return { status: 409, code: error.code, detail: error.message, hint: error.hint };
  if (error instanceof StoreUnreachableError) {
    return { status: 503, code: error.code, detail: error.message, hint: error.hint };
  }
  if (error instanceof ChainFileError) return atPath(error.code, error.message, error.hint, error.path);
  if (error instanceof ChainSpecError) return atPath('TP_CHAIN_SPEC', error.message, error.hint, error.path);
  if (error instanceof ChainError) {
    const refusal = atPath(error.code, error.message, error.hint, error.path ?? []);
    return OF_THE_HOST.has(error.code) ? { ...refusal, status: 409 } : refusal;
  }
  return ofAnything(error);
}

function atPath(code: string, detail: string, hint: string, path: FaultAt['path']): Refusal {
  return { status: 422, code, detail, hint, faults: [{ path, detail, hint }] };
}

function ofConfig({ code, message, hint, problems }: ConfigError): Refusal {
  return { status: 422, code, detail: message, hint, faults: problems.map(faultOf) };
}

export const faultOf = ({ path, wrong, right }: ConfigProblem): FaultAt => ({ path, detail: wrong, hint: right });

function ofCompiler({ message, diagnostics }: CompileError): Refusal {
  const [first] = diagnostics;
  const faults = diagnostics.map(({ code, file, line, column, message: said, hint }) => ({
    path: [],
    detail: `${file}:${line}:${column}: ${code}: ${said}`,
    hint,
  }));
  return { status: 422, code: 'TP_COMPILE', detail: message, hint: first?.hint, faults };
}

/** Errors of all our packages have a code and a hint; those of authors have what they like. */
function ofAnything(error: unknown): Refusal {
  if (!(error instanceof Error)) return { status: 422, code: 'TP_FUNCTION', detail: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'TP_FUNCTION';
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  const isOfTheHost = 'syscall' in error || error.name === 'UnsupportedFeatureError';
  const because = error.cause instanceof Error && !error.message.includes(error.cause.message);
  const detail = because && error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  return { status: isOfTheHost ? 409 : 422, code, detail, hint };
}
