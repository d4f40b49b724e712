// Verdicts that send the packet out of a port.
import { LINK, PORTS } from '../../../abi/ports.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { ifindex } from '../packet/port.ts';
import { RETURN_CODES, returnAborted, returnCode, XDP_DROP, XDP_TX } from '../return-codes.ts';
import { joined } from '../rewrite/covering.ts';
import { lookUpRoute } from './fib.ts';
import { counted, finish } from './finish.ts';
import { countFrameHop, countHop, writeMacs } from './hop.ts';
import { lookUpLink, portIndex } from './port-group.ts';

/** BPF_F_BROADCAST and BPF_F_EXCLUDE_INGRESS of redirect_map. */
const EVERY_OTHER = 8 | 16;

type Operands = readonly Value[];

/** Out of the port it came in by; what leaves the host came in by none. */
export function bounce(lowering: Lowering, path: Path, site: Site): void {
  const { hook } = lowering.target;
  if (hook === 'xdp') {
    finish(lowering, path, 'bounce', XDP_TX);
    return;
  }
  if (hook === 'tcx-egress') refuseOnEgress(lowering, 'bounce', site);
  const code = counted(lowering, path, 'bounce');
  redirect(code, ifindex(code));
}

export function forward(lowering: Lowering, path: Path, [to]: Operands, site: Site): void {
  if (to?.kind !== 'record') {
    sendOut(lowering, path, to, site);
    return;
  }
  const field = (name: string) => to.fields.get(name) ?? lowering.fail(site, 'TP3003', name);
  const [port, src, dst] = [field('port'), field('src'), field('dst')];
  const written = writeMacs(new Code(lowering, path), { src, dst }, site);
  for (const code of countFrameHop(lowering, written.path, site)) sendOut(lowering, code.path, port, site);
}

function sendOut(lowering: Lowering, path: Path, port: Value | undefined, site: Site): void {
  const code = counted(lowering, path, 'forward');
  const index = portIndex(code, port, site);
  if (lowering.target.hook === 'xdp') {
    returnResult(code, code.call('redirect_map', [code.map(PORTS), index, n(XDP_DROP)]));
    return;
  }
  const link = lookUpLink(code, index);
  const found = code.when('ne', link, n(0), 'then');
  returnAborted(found.otherwise);
  redirect(found.then, found.then.load(link, LINK.ifindex, 32));
}

/** Out of every port but the one it came in by. */
export function flood(lowering: Lowering, path: Path, [group]: Operands, site: Site): void {
  const { hook, ports } = lowering.target;
  if (group?.kind !== 'portGroup') lowering.fail(site, 'TP3005', 'a port group', group?.kind ?? 'nothing');
  if (hook === 'tcx-egress') refuseOnEgress(lowering, 'flood', site);
  const code = counted(lowering, path, 'flood');
  if (hook === 'xdp') {
    returnResult(code, code.call('redirect_map', [code.map(PORTS), n(0), n(EVERY_OTHER)]));
    return;
  }
  const from = ifindex(code);
  const end = ports.reduce((before, port) => {
    const other = before.when('ne', from, n(port.ifindex));
    other.then.call('clone_redirect', [lowering.builder.context, n(port.ifindex), n(0)]);
    const [after] = joined([other.then, other.otherwise]);
    if (after === undefined) throw new Error('paths with one scope join');
    return after;
  }, code);
  returnCode(end, RETURN_CODES[hook].drop);
}

/** As the host's routing table says; to the host itself where it has more to do. What leaves the host was routed: it gets the
 *  addresses of its next hop anew, and goes another way only if its destination was changed. */
export function route(lowering: Lowering, path: Path, site: Site): void {
  const { hook } = lowering.target;
  const codes = RETURN_CODES[hook];
  const { found, others } = lookUpRoute(lowering, path);
  const otherwise = hook === 'tcx-egress' ? 'next' : 'stack';
  for (const on of others) finish(lowering, on, otherwise, codes[otherwise]);
  for (const { code, hop } of found) {
    const addressed = writeMacs(code, hop, site);
    if (hook !== 'tcx-egress') {
      for (const end of countHop(addressed, hop.ip, site)) {
        redirect(counted(lowering, end.path, 'forward'), hop.ifindex);
      }
      continue;
    }
    const same = addressed.when('eq', hop.ifindex, ifindex(addressed), 'then');
    finish(lowering, same.then.path, 'next', codes.next);
    redirect(counted(lowering, same.otherwise.path, 'forward'), hop.ifindex);
  }
}

function redirect(code: Code, to: ValueId): void {
  returnResult(code, code.call('redirect', [to, n(0)]));
}

function returnResult(code: Code, value: ValueId): void {
  code.lowering.builder.terminate(code.path.block, { op: 'return', value });
}

function refuseOnEgress(lowering: Lowering, verdict: string, site: Site): never {
  const instead = 'give it in an ingress fast path; what leaves the host came in by no port';
  return lowering.fail(site, 'TP5002', verdict, lowering.target.hook, instead);
}
