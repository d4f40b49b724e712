// The compiler as a worker has it: somewhere else.

import type { Compiled, FunctionCompiler } from '../compile/function-compiler.ts';
import { type ErrorData, errorFrom } from './error-data.ts';
import type { Question } from './messages.ts';

/** `ask`: of the main thread. */
export function workerCompiler(ask: (question: Question) => unknown): FunctionCompiler {
  return {
    compile({ config, ...request }) {
      // The compiler's own types, here and below.
      return ask({ kind: 'compile', request: { ...request, config: plain(config) } }) as Compiled;
    },
    rejected({ config, ...request }, rejection) {
      const answer = ask({ kind: 'rejected', request: { ...request, config: plain(config) }, rejection });
      return errorFrom(answer as ErrorData);
    },
  };
}

/** Stands for what no program can be made of: as little of it is a plain object there as here. */
const OPAQUE = new Map();

/** What can go to another thread, and is the same to the compiler. */
function plain(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return OPAQUE;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return OPAQUE;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
