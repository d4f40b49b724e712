// `way: 'interface'`: the packet itself, or on tc a copy of it, leaves by an interface on which a program listens. It goes as it is,
// without header and metadata.
import type { ReasonPlan } from '@twinpath/vnf/plan';
import { LISTENERS } from '../../abi/listeners.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Path, Site } from '../path.ts';
import { type Code, n } from './code.ts';
import { count } from './counting.ts';
import { counted } from './forwarding/finish.ts';
import { holdViews } from './packet/hold-views.ts';
import { returnResult } from './return-codes.ts';

interface Ends {
  readonly sent: readonly Path[];
  readonly refused: readonly Path[];
}

/** The paths on which a copy left, and on which nothing did: `over`, and where the interface is not there (counted). A packet that
 *  leaves itself ends here. */
export function toInterface(start: Code, over: Path, reason: ReasonPlan, site: Site): Ends {
  const { lowering } = start;
  const { index, name, kind } = reason;
  const { hook } = lowering.target;
  if (kind === 'packetCopy' && hook === 'xdp') {
    const what = `reason ${name} by way of 'interface'`;
    const instead = 'XDP has one packet only: let packets enter by tcx, or let copies go by ring';
    lowering.fail(site, 'TP5006', what, hook, instead);
  }
  const to = start.load(start.mapValue(LISTENERS, 4 * index), 0, 32);
  const there = start.when('ne', to, n(0), 'then');
  const lost = count(lowering, there.otherwise.path, [`reason ${name} lost`]);
  const up = there.then.on(count(lowering, there.then.path, [`reason ${name}`]));
  if (kind === 'packetCopy') return copyTo(up, to, [over, lost]);
  const ended = counted(lowering, up.path, 'slowPath');
  returnResult(ended, ended.call('redirect', [to, n(0)]));
  return { sent: [], refused: lowering.joinPaths([over, lost]) };
}

/** The copy shares the packet's bytes until one of both is written: the kernel may move them, and paths join only in one place. */
function copyTo(code: Code, to: ValueId, others: readonly Path[]): Ends {
  const { lowering } = code;
  const inNewPlace = holdViews(code);
  code.call('clone_redirect', [lowering.builder.context, to, n(0)]);
  const refused = others.map((path) => holdViews(code.on(path))(code.on(path)).path);
  return { sent: [inNewPlace(code).path], refused: lowering.joinPaths(refused) };
}
