// Verdicts that send the packet out of a port.
import type { Continuation } from '../../../abi/chain.ts';
import { markWord } from '../../../abi/mark.ts';
import { LINK, PORTS } from '../../../abi/ports.ts';
import type { ValueId } from '../../../ir/types.ts';
import { directionOf } from '../../direction.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { ifindex, inboundPort } from '../packet/port.ts';
import { goOn, RETURN_CODES, returnAborted, returnCode, returnResult, SKB, XDP_DROP, XDP_TX } from '../return-codes.ts';
import { joined } from '../rewrite/covering.ts';
import { counted, finish } from './finish.ts';
import { countFrameHop, countHop, writeMacs } from './hop.ts';
import { lookUpRoute } from './look-up-route.ts';
import { lookUpLink, portIndex } from './port-group.ts';

/** BPF_F_BROADCAST and BPF_F_EXCLUDE_INGRESS of redirect_map. */
const EVERY_OTHER = 8 | 16;
/** BPF_F_INGRESS of clone_redirect. */
const IN = 1;

type Operands = readonly Value[];

/** Out of the port it came in by; what leaves came in by none. */
export function bounce(lowering: Lowering, path: Path, site: Site): void {
  const { hook, back } = lowering.target;
  if (directionOf(lowering.target) === 'egress') refuseOnEgress(lowering, 'bounce', site);
  if (furtherExits(lowering).length > 0) {
    for (const { path: on, value } of inboundPort(lowering, path)) {
      const code = counted(lowering, on, 'bounce');
      leave(code, portIndex(code, value, site));
    }
  } else if (hook === 'xdp' || (back !== undefined && back.kind !== 'end')) {
    goOn(counted(lowering, path, 'bounce'), back, XDP_TX);
  } else {
    const code = counted(lowering, path, 'bounce');
    redirect(code, ifindex(code));
  }
}

/** Ports behind which there are other functions. */
function furtherExits({ target }: Lowering): readonly (readonly [port: number, ifindex: number, exit: Continuation])[] {
  return target.ports.flatMap(({ name, ifindex: at }, index) => {
    const exit = target.exits?.get(name);
    return exit?.kind === 'tail-call' ? [[index, at, exit] as const] : [];
  });
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
  leave(code, portIndex(code, port, site));
}

function leave(start: Code, index: ValueId): void {
  const { lowering } = start;
  let code = start;
  for (const [port, , exit] of furtherExits(lowering)) {
    const sides = code.when('eq', index, n(port));
    goOn(sides.then, exit, XDP_DROP);
    code = sides.otherwise;
  }
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
  const { hook, ports, entry, exits, flood: to } = lowering.target;
  if (group?.kind !== 'portGroup') lowering.fail(site, 'TP3005', 'a port group', group?.kind ?? 'nothing');
  if (directionOf(lowering.target) === 'egress') refuseOnEgress(lowering, 'flood', site);
  const code = counted(lowering, path, 'flood');
  if (hook === 'xdp' && to !== undefined) {
    goOn(code, to, XDP_DROP);
    return;
  }
  if (hook === 'xdp') {
    returnResult(code, code.call('redirect_map', [code.map(PORTS), n(0), n(EVERY_OTHER)]));
    return;
  }
  const from = ifindex(code);
  const end = ports.reduce((before, { name, ifindex: at }) => {
    const exit = exits?.get(name);
    if (exit?.kind === 'tail-call') return name === entry ? before : copyTo(before, exit.index, from);
    if (at === 0) return before;
    const other = before.when('ne', from, before.interface(at));
    other.then.call('clone_redirect', [lowering.builder.context, other.then.interface(at), n(0)]);
    const [after] = joined([other.then, other.otherwise]);
    if (after === undefined) throw new Error('paths with one scope join');
    return after;
  }, code);
  returnCode(end, RETURN_CODES[hook].drop);
}

/** A copy comes in once more, and goes to another place of the chain by its mark: a copy makes no tail call. */
function copyTo(code: Code, position: number, from: ValueId): Code {
  const { builder } = code.lowering;
  const mark = (key: ValueId, word: number) => {
    code.store(builder.context, SKB.mark, 32, key);
    code.store(builder.context, SKB.cb, 32, n(word));
  };
  mark(code.key(), markWord(position, 0));
  code.call('clone_redirect', [builder.context, from, n(IN)]);
  mark(code.id(n(0)), 0);
  return code;
}

/** As the host's routing table says; to the host itself where it has more to do. What leaves the host was routed: it gets the
 *  addresses of its next hop anew, and goes another way only if its destination was changed. */
export function route(lowering: Lowering, path: Path, site: Site): void {
  const { hook } = lowering.target;
  const codes = RETURN_CODES[hook];
  const { found, others } = lookUpRoute(lowering, path);
  const leaves = directionOf(lowering.target) === 'egress';
  const otherwise = leaves ? 'next' : 'stack';
  for (const on of others) finish(lowering, on, otherwise, codes[otherwise]);
  for (const { code, hop } of found) {
    const addressed = writeMacs(code, hop, site);
    if (!leaves) {
      for (const end of countHop(addressed, hop.ip, site)) {
        sendBy(counted(lowering, end.path, 'forward'), hop.ifindex);
      }
      continue;
    }
    const same = addressed.when('eq', hop.ifindex, ifindex(addressed), 'then');
    finish(lowering, same.then.path, 'next', codes.next);
    sendBy(counted(lowering, same.otherwise.path, 'forward'), hop.ifindex);
  }
}

/** Out of an interface, by way of the functions of the port that it is. */
function sendBy(start: Code, to: ValueId): void {
  let code = start;
  for (const [at, exit] of start.lowering.target.routed ?? []) {
    const sides = code.when('eq', to, code.interface(at));
    goOn(sides.then, exit, XDP_DROP);
    code = sides.otherwise;
  }
  redirect(code, to);
}

function redirect(code: Code, to: ValueId): void {
  returnResult(code, code.call('redirect', [to, n(0)]));
}

function refuseOnEgress(lowering: Lowering, verdict: string, site: Site): never {
  const instead = 'give it in an ingress fast path; what leaves the host came in by no port';
  return lowering.fail(site, 'TP5002', verdict, lowering.target.hook, instead);
}
