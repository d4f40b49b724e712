import { ChainError } from './chain-error.ts';
import type { ChainFunctionSpec, ChainSpec } from './spec.ts';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const NAME_HINT = "use lower-case letters, digits and '-', at most 63";

/** The one function of a chain. @throws ChainError for what cannot become a chain, or not yet. */
export function checkSpec(spec: ChainSpec): ChainFunctionSpec {
  const { name, functions, port, mode = 'native' } = spec;
  const refuse = (why: string, hint: string) => new ChainError('TP_CHAIN_SPEC', name, why, { hint });
  if (!NAME.test(name)) throw refuse('this is no name of a chain', NAME_HINT);
  if (port.interface === '') throw refuse('its port names no interface', 'name a network interface');
  if (!['native', 'generic', 'auto'].includes(mode)) {
    throw refuse(`there is no mode '${mode}'`, 'modes are native, generic and auto');
  }
  const [first, second] = functions;
  if (first === undefined) throw refuse('it has no function', 'list a function');
  if (second !== undefined) {
    const names = functions.map((one) => one.name).join(', ');
    const hint = 'chains of several functions are not supported yet: start a chain for each port and function';
    throw refuse(`it has ${functions.length} functions (${names})`, hint);
  }
  if (!NAME.test(first.name)) throw refuse(`'${first.name}' is no name of a function`, NAME_HINT);
  return first;
}
