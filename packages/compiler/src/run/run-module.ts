// The author's module as Node runs it.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type FunctionSpec, isFunctionSpec } from '@twinpath/vnf/spec';
import { resolveOurPackages } from './resolution.ts';

/** The module fails when it runs, for the reason that `cause` gives, or it exports no function. The compiler knows the place in the
 *  author's text (`moduleFailure`). */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';

  constructor(file: string, cause: unknown) {
    super(cause === undefined ? `${file} exports no function` : `${file} fails when it runs: ${String(cause)}`, {
      cause,
    });
  }
}

/** The function that a file exports. @throws ModuleError */
export async function runModule(file: string): Promise<FunctionSpec> {
  const spec = await run(file);
  if (!isFunctionSpec(spec)) throw new ModuleError(file, undefined);
  return spec;
}

// Node's own loader, also where a test runner puts another one behind import(): that one knows nothing of our hooks.
const require = createRequire(import.meta.url);

async function run(file: string): Promise<unknown> {
  resolveOurPackages();
  try {
    const namespace = await load(file);
    return typeof namespace === 'object' && namespace !== null && 'default' in namespace
      ? namespace.default
      : undefined;
  } catch (error) {
    throw new ModuleError(file, error ?? new Error(String(error)));
  }
}

async function load(file: string): Promise<unknown> {
  try {
    return require(file);
  } catch (error) {
    // The module awaits something at its top level.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE')) throw error;
    return settled(import(pathToFileURL(file).href));
  }
}

const SETTLE_MS = 10_000;

/** What the top level awaits may never come, and then nothing would be left to wait for: the process would just end. */
async function settled(loading: Promise<unknown>): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NeverSettledError()), SETTLE_MS);
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

class NeverSettledError extends Error {
  readonly hint = 'await it in `configure` or `slowPath`, which may take their time';

  constructor() {
    super(`what its top level awaits has not come within ${SETTLE_MS / 1000} s`);
  }
}
