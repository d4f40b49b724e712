// A call of the author's function: its body is compiled where it is called, but for what is a subprogram (subprograms.ts).

import type { Outcome, Path, Site } from '../path.ts';
import { without } from '../paths/edit.ts';
import { bind } from '../statements/bind.ts';
import type { FunctionNode } from '../syntax/function.ts';
import { UNDEFINED, type Value } from '../value.ts';
import type { Core } from './core.ts';
import { possibleCall } from './subprograms.ts';

const DEEPEST_CALL = 32;

export function inline(
  core: Core,
  path: Path,
  callee: FunctionNode,
  operands: readonly Value[],
  site: Site,
): readonly Outcome[] {
  refuseNesting(core, callee, site);
  checkOperands(core, callee, operands, site);
  const call = possibleCall(core, path, callee, operands);
  const expanding = (on: Path, values: readonly Value[]) => expand(core, on, callee, values);
  const called = call && core.subprograms.call(core, path, call, expanding);
  if (called !== undefined) return called;
  const before = core.builder.size;
  const ends = expanding(path, operands);
  if (call !== undefined) core.subprograms.note(call, core.builder.size - before);
  return ends;
}

function expand(core: Core, path: Path, callee: FunctionNode, operands: readonly Value[]): readonly Outcome[] {
  const { at } = core.builder;
  core.calls.push(callee);
  for (const refused of callee.refused) core.warn(core.at(refused), refused.code, ...refused.operands);
  const entered = bindParameters(core, path, callee, operands);
  const { normal, returns } = core.execute(entered, [callee.body]);
  core.calls.pop();
  core.builder.at = at;

  const own = callee.declarations.map(({ key }) => key);
  const ends = [...returns, ...normal.map((end) => ({ path: end, value: UNDEFINED }))];
  return core.joinAt(
    'gentle',
    ends.map(({ path: end, value }) => ({ path: without(end, own), value })),
  );
}

function refuseNesting(core: Core, callee: FunctionNode, site: Site): void {
  if (core.calls.includes(callee)) {
    const chain = [...core.calls.slice(core.calls.indexOf(callee)), callee].map(({ name }) => name || 'fastPath');
    core.fail(site, 'TP1044', callee.name, chain.join(' → '));
  }
  if (core.calls.length >= DEEPEST_CALL) core.fail(site, 'TP1045', String(DEEPEST_CALL));
}

function checkOperands(core: Core, { name, parameters }: FunctionNode, operands: readonly Value[], site: Site): void {
  // The fast path itself may leave out the configuration.
  if (operands.length > parameters.length && core.calls.length > 0) {
    core.fail(site, 'TP1058', name, String(parameters.length), String(operands.length));
  }
}

function bindParameters(core: Core, path: Path, callee: FunctionNode, operands: readonly Value[]): readonly Path[] {
  return callee.parameters.reduce<readonly Path[]>(
    (paths, { pattern, byDefault }, index) =>
      paths.flatMap((one) => bind(core, one, pattern, operands[index] ?? UNDEFINED, byDefault)),
    [path],
  );
}
