// What surrounds the author's code: the way in, and the verdict's way out.
import { RESUME } from '../../abi/mark.ts';
import type { Lowering } from '../lowering.ts';
import type { Outcome, Path, Site } from '../path.ts';
import type { Value } from '../value.ts';
import { Code, n } from './code.ts';
import { emit } from './events.ts';
import { finish } from './forwarding/finish.ts';
import { bounce, flood, forward, route } from './forwarding/verdicts.ts';
import { remember } from './memo.ts';
import { packetValue } from './packet/packet.ts';
import { goOn, RETURN_CODES } from './return-codes.ts';
import { view } from './view.ts';

/** As many bytes of a tc packet are made linear, so that every header that is read directly is there. */
const LINEAR = 192;
const SKB = { length: 0, mark: 8, priority: 32 } as const;

export function begin(lowering: Lowering, path: Path): readonly Outcome[] {
  if (lowering.target.hook === 'xdp') return [{ path, value: packetValue(path.epoch) }];
  const marked = lowering.target.hook === 'tcx-egress' ? takeMark(lowering, path) : [path];
  return marked.flatMap((on) => pullLinear(lowering, on)).map((on) => ({ path: on, value: packetValue(on.epoch) }));
}

/** Packets of the slow path carry the instance's mark: they resume behind the function, or go through it again. */
function takeMark(lowering: Lowering, path: Path): readonly Path[] {
  const code = new Code(lowering, path);
  const ours = code.when('eq', code.context(SKB.mark), n(lowering.target.key), 'otherwise');
  const context = lowering.builder.context;
  const trips = ours.then.context(SKB.priority);
  ours.then.store(context, SKB.mark, 32, n(0));
  ours.then.store(context, SKB.priority, 32, n(0));
  const resumed = ours.then.when('eq', trips, n(RESUME));
  goOn(resumed.then, lowering.target.next, RETURN_CODES[lowering.target.hook].next);
  const remembered = (on: Code, id: number) => remember(on.path, 'trips', view('trips', path.epoch, {}, { trips: id }));
  const none = ours.otherwise.id(n(0));
  const value = lowering.integer(none, { low: 0n, high: 255n });
  const outcomes = [
    { path: resumed.otherwise.path, value: lowering.integer(trips, { low: 0n, high: 0xffff_ffffn }) },
    { path: ours.otherwise.path, value },
  ];
  return lowering.join(outcomes).map(({ path: on, value: joined }) => {
    const id = joined.kind === 'integer' ? joined.id : none;
    return remembered(new Code(lowering, on), new Code(lowering, on).alu('and', id, n(0xff)));
  });
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
    case 'slowPath':
      handUp(lowering, path, verdict.operands, site);
      break;
  }
}

/** The packet ends here: the slow path answers for it. What does not get up does what the reason says. */
function handUp(lowering: Lowering, path: Path, [reason, metadata]: readonly Value[], site: Site): void {
  if (reason?.kind !== 'reason' || reason.plan.kind !== 'packetIn') lowering.fail(site, 'TP5003', 'this', 'packetIn');
  const { sent, refused } = emit(lowering, path, reason.plan, metadata, site);
  const codes = RETURN_CODES[lowering.target.hook];
  for (const on of sent) finish(lowering, on, 'slowPath', codes.drop);
  const otherwise = reason.plan.overLimit ?? 'drop';
  for (const on of refused) finish(lowering, on, otherwise, codes[otherwise]);
}
