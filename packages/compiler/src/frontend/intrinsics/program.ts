// What surrounds the author's code: the way in, and the verdict's way out.
import { PATH } from '../../abi/chain.ts';
import { PASS, RESUME } from '../../abi/mark.ts';
import { ABSENT, STATE } from '../../abi/state.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Lowering } from '../lowering.ts';
import type { Outcome, Path, Site } from '../path.ts';
import type { Value } from '../value.ts';
import { Code, n } from './code.ts';
import { count } from './counting.ts';
import { emit } from './events.ts';
import { counted, finish } from './forwarding/finish.ts';
import { spread } from './forwarding/spread.ts';
import { bounce, flood, forward, route } from './forwarding/verdicts.ts';
import { packetValue } from './packet/packet.ts';
import { goOn, RETURN_CODES, returnAborted, returnCode, returnResult, SKB } from './return-codes.ts';

/** As many bytes of a tc packet are made linear, so that every header that is read directly is there. */
const LINEAR = 192;
/** Where a marked packet says what it wants. */
const WORD = { xdp: SKB.priority, 'tcx-ingress': SKB.cb, 'tcx-egress': SKB.priority } as const;

export function begin(lowering: Lowering, path: Path): readonly Outcome[] {
  if (lowering.target.hook === 'xdp') return [{ path, value: packetValue(path.epoch) }];
  return takeMark(lowering, path)
    .flatMap((on) => pullLinear(lowering, on))
    .map((on) => ({ path: on, value: packetValue(on.epoch) }));
}

/** Packets of the slow path carry the mark: they go past all functions, resume behind one, or go through it again. */
function takeMark(lowering: Lowering, path: Path): readonly Path[] {
  const { hook, position, next } = lowering.target;
  const code = new Code(lowering, path);
  const ours = code.when('eq', code.context(SKB.mark), code.key(), 'otherwise');
  const word = ours.then.context(WORD[hook]);
  const what = ours.then.alu('and', word, n(0xff));
  const here = position === undefined ? ours.then : atPosition(ours.then, { word, what, position });
  clearMark(here);
  const passed = here.when('eq', what, n(PASS));
  returnCode(passed.then, RETURN_CODES[hook].next);
  const resumed = passed.otherwise.when('eq', what, n(RESUME));
  const beside = resumed.then.alu('and', resumed.then.alu('shr', word, n(8)), n(0xff));
  keepTrips(resumed.then, beside);
  goOn(resumed.then, next, RETURN_CODES[hook].next);
  keepTrips(resumed.otherwise, what);
  return lowering.joinPaths([resumed.otherwise.path, ours.otherwise.path]);
}

/** For this program and those behind it (abi/trips.ts). */
function keepTrips(code: Code, trips: ValueId): void {
  const { builder } = code.lowering;
  code.store(builder.context, SKB.tripsKey, 32, code.key());
  code.store(builder.context, SKB.trips, 32, trips);
}

/** Packets come to the first function of a port, and go to the one that they are meant for with their mark on. */
function atPosition(
  code: Code,
  { word, what, position }: { readonly word: ValueId; readonly what: ValueId; readonly position: number },
): Code {
  const { builder } = code.lowering;
  const to = code.alu('shr', word, n(16));
  const mine = code.when('eq', to, n(position));
  const passing = mine.otherwise.when('eq', what, n(PASS));
  clearMark(passing.then);
  returnCode(passing.then, RETURN_CODES[code.lowering.target.hook].next);
  passing.otherwise.call('tail_call', [builder.context, passing.otherwise.map(PATH), to]);
  returnAborted(passing.otherwise);
  return mine.then;
}

function clearMark(code: Code): void {
  const { builder, target } = code.lowering;
  for (const field of [SKB.mark, WORD[target.hook]]) code.store(builder.context, field, 32, n(0));
}

/** tc programs see only the linear part: what headers may need is pulled into it. The packet may move: a new epoch. */
function pullLinear(lowering: Lowering, path: Path): readonly Path[] {
  const code = new Code(lowering, path);
  const linear = code.whenInPacket(code.packetStart(), LINEAR);
  const short = linear.otherwise;
  const present = short.alu('sub', short.packetEnd(), short.packetStart());
  const more = short.when('ugt', short.context(SKB.length), present, 'otherwise');
  const length = more.then.context(SKB.length);
  const long = more.then.when('ugt', length, n(LINEAR));
  long.then.call('skb_pull_data', [lowering.builder.context, n(LINEAR)]);
  long.otherwise.call('skb_pull_data', [lowering.builder.context, length]);
  const ends = [linear.then.path, long.then.path, long.otherwise.path, more.otherwise.path];
  return lowering.joinPaths(ends).map((on) => ({ ...on, epoch: on.epoch + 1 }));
}

export function end(lowering: Lowering, path: Path, verdict: Value, site: Site): void {
  if (verdict.kind !== 'verdict') lowering.fail(site, 'TP5001', verdict.kind);
  const codes = RETURN_CODES[lowering.target.hook];
  switch (verdict.verdict) {
    case 'drop':
    case 'next':
    case 'stack':
      finish(lowering, path, verdict.verdict, codes[verdict.verdict]);
      break;
    case 'bounce':
      bounce(lowering, path, site);
      break;
    case 'forward':
      forward(lowering, path, verdict.operands, site);
      break;
    case 'flood':
      flood(lowering, path, verdict.operands, site);
      break;
    case 'route':
      route(lowering, path, site);
      break;
    case 'spread':
      spread(lowering, path, verdict.operands, site);
      break;
    case 'slowPath':
      handUp(lowering, path, verdict.operands, site);
      break;
  }
}

/** The slow path is there to answer for the packet. */
function whileThere(start: Code, reason: string): Path {
  const absent = start.load(start.mapValue(STATE.map, STATE.absent), 0, 32);
  const there = start.when('eq', absent, n(ABSENT.no), 'then');
  leave(there.otherwise, reason, absent);
  return there.then.path;
}

/** Nobody is there to answer for the packet. */
function leave(code: Code, reason: string, absent: ValueId): void {
  const { lowering } = code;
  const codes = RETURN_CODES[lowering.target.hook];
  const counted = code.on(count(lowering, code.path, [`reason ${reason} absent`]));
  const pass = counted.when('eq', absent, n(ABSENT.pass));
  finish(lowering, pass.then.path, 'next', codes.next);
  finish(lowering, pass.otherwise.path, 'drop', codes.drop);
}

/** The packet ends here. To a local sender a drop would be an error: TCP would take it for not sent, and refuse the answers. A
 *  redirect to no interface ends the packet as well (net/core/filter.c, skb_do_redirect), and tells nobody. */
function swallow(code: Code): void {
  const { hook } = code.lowering.target;
  if (hook === 'tcx-egress') returnResult(code, code.call('redirect', [n(0), n(0)]));
  else returnCode(code, RETURN_CODES[hook].drop);
}

/** The packet ends here: the slow path answers for it. What does not get up does what the reason says. */
function handUp(lowering: Lowering, path: Path, [reason, metadata]: readonly Value[], site: Site): void {
  if (reason?.kind !== 'reason' || reason.plan.kind !== 'packetIn') lowering.fail(site, 'TP5003', 'this', 'packetIn');
  const codes = RETURN_CODES[lowering.target.hook];
  const there = reason.plan.way === 'interface' ? path : whileThere(new Code(lowering, path), reason.plan.name);
  const { sent, refused } = emit(lowering, there, reason.plan, metadata, site);
  for (const on of sent) swallow(counted(lowering, on, 'slowPath'));
  const otherwise = reason.plan.overLimit ?? 'drop';
  for (const on of refused) finish(lowering, on, otherwise, codes[otherwise]);
}
