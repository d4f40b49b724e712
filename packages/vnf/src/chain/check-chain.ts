import { checkOverrides } from '../plan/override-reasons.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { ChainSpecError } from './chain-spec-error.ts';
import type { FunctionFaces } from './segment.ts';
import { segmentsOf } from './segment.ts';
import { type ChainFunctionSpec, type ChainSpec, HOST } from './spec.ts';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const NAME_HINT = "use lower-case letters, digits and '-', at most 63";
const PORT_NAME = /^[A-Za-z][A-Za-z0-9._@-]{0,30}$/;
const HOOKS: readonly string[] = ['auto', 'xdp', 'tcx'];
const MODES: readonly string[] = ['native', 'generic', 'auto'];
const WHEN_GONE: readonly string[] = ['end', 'wait'];

/** What can be said without the functions' files. @throws ChainSpecError */
export function checkChain(spec: ChainSpec): void {
  const { name, functions, ports, paths } = spec;
  const refuse = (path: readonly (string | number)[], why: string, hint: string) =>
    new ChainSpecError(name, path, why, hint);
  if (!NAME.test(name)) throw refuse(['name'], 'this is no name of a chain', NAME_HINT);
  if (functions.length === 0) throw refuse(['functions'], 'it has no function', 'list a function');
  if (Object.keys(ports).length === 0) throw refuse(['ports'], 'it has no port', 'name a network interface');
  if (paths.length === 0) throw refuse(['paths'], 'it has no path', 'say which functions are between which ends');
  functions.forEach((one, index) => {
    const at = ['functions', index, 'name'];
    if (!NAME.test(one.name) || one.name === HOST)
      throw refuse(at, `'${one.name}' is no name of a function`, NAME_HINT);
    if (functions.findIndex((other) => other.name === one.name) === index) return;
    throw refuse(at, `two functions are called ${one.name}`, 'give one of them another name');
  });
  checkPorts(spec);
}

function checkPorts({ name, ports, functions }: ChainSpec): void {
  for (const [port, { interface: link, hook = 'auto', mode = 'native', whenGone = 'end' }] of Object.entries(ports)) {
    const refuse = (member: string, why: string, hint: string) =>
      new ChainSpecError(name, member === '' ? ['ports', port] : ['ports', port, member], why, hint);
    if (link === '') throw refuse('interface', 'its port names no interface', 'name a network interface');
    if (!PORT_NAME.test(port) || port === HOST || functions.some((one) => one.name === port)) {
      throw refuse('', `'${port}' is no name of a port, or a function has it`, 'use letters, digits, ., _ and -');
    }
    if (!HOOKS.includes(hook)) throw refuse('hook', `there is no hook '${hook}'`, 'hooks are auto, xdp and tcx');
    if (!MODES.includes(mode)) {
      throw refuse('mode', `there is no mode '${mode}'`, 'modes are native, generic and auto');
    }
    if (!WHEN_GONE.includes(whenGone))
      throw refuse('whenGone', `it cannot '${whenGone}'`, 'it ends, or waits: end, wait');
  }
}

/** With the functions, by their names in the chain: that all is wired that can be. @throws ChainSpecError */
export function checkWiring(spec: ChainSpec, faces: FunctionFaces): void {
  const segments = segmentsOf(spec, faces);
  const ends = segments.flatMap(({ outer, inner }) => [outer, inner]);
  for (const port of Object.keys(spec.ports)) {
    if (ends.some((end) => end.kind === 'port' && end.port === port)) continue;
    throw new ChainSpecError(spec.name, ['ports', port], `no path ends at port ${port}`, 'write one, or leave it out');
  }
  spec.functions.forEach(({ name }, index) => {
    const isOnPath = segments.some(({ functions }) => functions.includes(name));
    if (isOnPath || ends.some((end) => end.kind === 'function' && end.function === name)) return;
    const hint = 'write it into a path, or leave it out';
    throw new ChainSpecError(spec.name, ['functions', index], `no path leads through function ${name}`, hint);
  });
  spec.functions.forEach((one, index) => {
    checkReasons(spec, one, index, faces);
  });
  for (const [name, { ports }] of faces) {
    if (ports.kind !== 'portGroup') continue;
    const count = ends.filter((end) => end.kind === 'function' && end.function === name).length;
    if (count <= ports.max) continue;
    const why = `function ${name} has ${count} ports, and ${ports.max} at most`;
    throw new ChainSpecError(spec.name, ['paths'], why, 'raise `max` of its port group');
  }
}

function checkReasons({ name: chain }: ChainSpec, one: ChainFunctionSpec, index: number, faces: FunctionFaces): void {
  const reasons = faces.get(one.name)?.reasons;
  if ('share' in one || one.reasons === undefined || reasons === undefined) return;
  try {
    checkOverrides(reasons, one.reasons, `function ${one.name}`);
  } catch (error) {
    if (!(error instanceof VnfSpecError)) throw error;
    throw new ChainSpecError(chain, ['functions', index, 'reasons'], error.message, error.hint);
  }
}
