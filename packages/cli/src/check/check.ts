import { CompileError } from '@twinpath/compiler';
import { checkChain, checkWiring, placeChain, planChain } from '@twinpath/vnf/chain';
import { FileError } from '../chain-file/file-error.ts';
import { ownFunctions, readTargets, type Target } from '../chain-file/read-target.ts';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { type CheckedFunction, checkFunction } from './check-function.ts';
import { type Refusal, whyNotLoaded } from './privileges.ts';

export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

interface CheckResult {
  readonly ok: boolean;
  readonly diagnostics: readonly object[];
  /** Whether the kernel was asked, and why not. */
  readonly verified: boolean;
  readonly notVerifiedBecause?: string;
  readonly programs: readonly object[];
}

/** Returns the exit status. @throws what is wrong with anything but the files */
export async function check(path: string, { config, json = false }: CheckOptions): Promise<number> {
  const refusal = whyNotLoaded();
  try {
    const functions: CheckedFunction[] = [];
    for (const target of readTargets(path, config === undefined ? {} : { config })) {
      const own: CheckedFunction[] = [];
      for (const one of ownFunctions(target)) own.push(await located(target, checkFunction(one, !refusal)));
      if (target.kind === 'chain') await located(target, checkPaths(target, own));
      functions.push(...own);
    }
    const diagnostics = functions.flatMap(({ warnings }) => warnings);
    const programs = functions.flatMap((one) => one.programs);
    if (json) printJson(resultOf(true, { diagnostics, refusal, programs }));
    else process.stdout.write(`${textOf(functions, refusal)}\n`);
    return ExitStatus.ok;
  } catch (error) {
    if (!(error instanceof CompileError || error instanceof FileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    if (json) printJson(resultOf(false, { diagnostics: error.diagnostics, refusal, programs: [] }));
    return ExitStatus.failed;
  }
}

/** Whether a chain can be made of the functions; interfaces are not asked for. @throws ChainSpecError */
async function checkPaths({ chain }: Target, functions: readonly CheckedFunction[]): Promise<void> {
  // Those of other chains are known only where these run.
  if (functions.length < chain.functions.length) return;
  const faces = new Map(functions.map(({ name, face }) => [name, face] as const));
  const port = { interface: 'any' };
  const named = Object.fromEntries(Object.entries(chain.ports).map(([name, spec]) => [name, { ...spec, ...port }]));
  const spec = { ...chain, ports: named };
  checkChain(spec);
  checkWiring(spec, faces);
  const ports = new Map(Object.keys(named).map((name, index) => [name, { ifindex: index + 1, hook: 'xdp' }] as const));
  let last = 0;
  placeChain(spec.name, planChain(spec, { functions: faces, ports }), { allocate: () => ++last });
}

async function located<T>(target: Target, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw target.located(error);
  }
}

interface Parts extends Pick<CheckResult, 'diagnostics' | 'programs'> {
  readonly refusal: Refusal | undefined;
}

function resultOf(ok: boolean, { diagnostics, refusal, programs }: Parts): CheckResult {
  const verified = ok && refusal === undefined;
  return { ok, diagnostics, verified, ...(refusal && { notVerifiedBecause: refusal.message }), programs };
}

function textOf(functions: readonly CheckedFunction[], refusal: Refusal | undefined): string {
  const header = ['function', 'hook', 'instructions', 'stack, bytes', 'verifier steps', 'peak states', 'load, ms'];
  const rows = functions.flatMap(({ name, programs }) =>
    programs.map(({ hook, instructions, stackBytes, verifier, loadMs }) => [
      name,
      hook,
      instructions,
      stackBytes,
      verifier?.steps ?? '-',
      verifier?.peakStates ?? '-',
      loadMs ?? '-',
    ]),
  );
  const warnings = functions.flatMap((one) => one.warnings.map(({ text }) => text));
  const said =
    refusal === undefined ? 'The kernel accepts all programs.' : `Not verified: ${refusal.message}.\n${refusal.hint}`;
  return [...warnings, tableText(header, rows), said].join('\n\n');
}
