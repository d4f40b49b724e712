// Errors from thread to thread: a structured clone keeps neither their class nor what they say besides the message.

import { ClassifierError } from '@twinpath/classifier';
import { ArtefactError, CompileError, ModuleError } from '@twinpath/compiler/run';
import { UnsupportedFeatureError, VerifierError } from '@twinpath/ebpf';
import { SyscallError } from '@twinpath/linux';
import { TableFullError, UnknownPortError } from '@twinpath/vnf';
import { ChainError } from '../chain/chain-error.ts';
import { ConfigError } from '../config/config-error.ts';

/** Those that somebody tells apart by their class. */
const CLASSES: ReadonlyMap<string, { readonly prototype: Error }> = new Map(
  [
    ArtefactError,
    ChainError,
    ClassifierError,
    CompileError,
    ConfigError,
    ModuleError,
    RangeError,
    SyscallError,
    TableFullError,
    TypeError,
    UnknownPortError,
    UnsupportedFeatureError,
    VerifierError,
  ].map((one) => [one.name, one]),
);

/** Plain data. What was thrown and is no error is a text. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly members: Readonly<Record<string, unknown>>;
  readonly cause: ErrorData | undefined;
}

export function errorData(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', message: String(thrown), stack: undefined, members: {}, cause: undefined };
  }
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    stack,
    members: membersOf(thrown),
    cause: cause === undefined ? undefined : errorData(cause),
  };
}

export function errorFrom({ name, message, stack, members, cause }: ErrorData): Error {
  const error = new Error(message, cause === undefined ? {} : { cause: errorFrom(cause) });
  const found = CLASSES.get(name);
  if (found !== undefined) Object.setPrototypeOf(error, found.prototype);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, members);
}

const ANYWAY: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

/** Those that can go to another thread. */
function membersOf(error: Error): Readonly<Record<string, unknown>> {
  const members = Object.entries(error).filter(([name, value]) => !ANYWAY.has(name) && isCloneable(value));
  return Object.fromEntries(members);
}

/** Whether it can go to another thread. */
export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
