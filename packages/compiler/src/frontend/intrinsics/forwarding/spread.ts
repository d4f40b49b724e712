// `spread(number)`: to the host on another CPU, by way of a cpumap.
import { CPUS } from '../../../abi/cpus.ts';
import { directionOf } from '../../direction.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { n } from '../code.ts';
import { RETURN_CODES, returnResult } from '../return-codes.ts';
import { counted } from './finish.ts';

export function spread(lowering: Lowering, path: Path, [by]: readonly Value[], site: Site): void {
  const { hook, cpus, cpuNumbers = cpus } = lowering.target;
  if (hook !== 'xdp') {
    const instead = 'give it in a fast path on XDP; tc runs where the packet is, so return stack';
    lowering.fail(site, 'TP5002', 'spread', hook, instead);
  }
  if (directionOf(lowering.target) === 'egress') {
    const instead = 'give it in an ingress fast path: what leaves does not go to the host';
    lowering.fail(site, 'TP5002', 'spread', 'the way out', instead);
  }
  if (by?.kind !== 'integer' && by?.kind !== 'constant') {
    lowering.fail(site, 'TP3005', 'a number', by?.kind ?? 'nothing');
  }
  const number = lowering.register(path, by, site);
  const code = counted(lowering, path, 'stack');
  const cpu = code.alu('mod', number, n(cpuNumbers));
  // A CPU that is not there, or not online: as `stack`, on this one.
  returnResult(code, code.call('redirect_map', [code.map(CPUS), cpu, n(RETURN_CODES.xdp.stack)]));
}
