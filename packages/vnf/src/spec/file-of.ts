import { fileURLToPath } from 'node:url';
import type { FunctionSpec } from './specs.ts';

/** Not a member of the spec: where its text lies changes nothing about it. */
const FILE = Symbol.for('@twinpath/vnf file');

/** Absolute path of the file that called `vnf()`; `undefined` where the stack names none (a REPL, a data: URL). */
export function fileOf(spec: FunctionSpec): string | undefined {
  const file: unknown = Reflect.get(spec, FILE);
  return typeof file === 'string' ? file : undefined;
}

/** Remembers who called `caller`, in a spec that is not frozen yet. */
export function rememberFile(spec: FunctionSpec, caller: (...operands: never[]) => unknown): void {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, caller);
  Object.defineProperty(spec, FILE, { value: fileIn(holder.stack ?? '') });
}

/** In the innermost frame: `at name (place:line:column)` or `at place:line:column`. A test runner gives paths, Node gives URLs,
 *  and either may add a query. */
function fileIn(stack: string): string | undefined {
  const frame = stack.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  const place = /^\s+at (?:.*? \()?((?:file:\/\/)?\/.*?)(?:\?.*?)?:\d+:\d+\)?$/.exec(frame)?.[1];
  if (place === undefined) return undefined;
  return place.startsWith('file:') ? fileURLToPath(place) : place;
}
