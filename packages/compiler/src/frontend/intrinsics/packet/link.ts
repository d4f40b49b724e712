// The Ethernet header and up to two VLAN tags; the rules are those of packet's dissect/link.ts.
import { etherTypeNumbers, vlanTagTypes } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { once } from '../memo.ts';
import { part, type View, view } from '../view.ts';
import { mayHaveBeside, whenBeside } from './beside.ts';

const ETHERNET = 14;
const TAG = 4;
const MAX_TAGS = 2;

/** A view `link` with the parts `start`, `type`, `offset` of the next header, and how many `tags` were read of the
 *  bytes; `undefined` for less than an Ethernet header. */
export function link(lowering: Lowering, path: Path): readonly Outcome[] {
  return once(path, `link@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const code = new Code(lowering, path);
    const start = code.packetStart();
    readTags(ends, ends.require(code.whenInPacket(start, ETHERNET)), start, 0);
    return ends.outcomes();
  });
}

function readTags(ends: Ends, code: Code, start: ValueId, tags: number): void {
  const end = ETHERNET + TAG * tags;
  const type = code.loadNetwork(start, end - 2, 16);
  const done = (on: Code) => {
    const parts = { start, type, offset: on.id(n(end)), tags: on.id(n(tags)) };
    ends.found(on, view('link', on.path.epoch, {}, parts));
  };
  if (tags === MAX_TAGS) {
    done(code);
    return;
  }

  const customer = code.when('eq', type, n(vlanTagTypes.customer), 'otherwise');
  const service = customer.otherwise.when('eq', type, n(vlanTagTypes.service), 'otherwise');
  done(service.otherwise);
  for (const path of code.lowering.joinPaths([customer.then.path, service.then.path])) {
    for (const on of belowLimit(code.on(path), tags, done)) {
      const tag = on.whenInPacket(start, end + TAG);
      done(tag.otherwise); // cut off: it shows as the type
      readTags(ends, tag.then, start, tags + 1);
    }
  }
}

/** A tag beside the packet is the first one of those that are read. */
function belowLimit(code: Code, tags: number, done: (on: Code) => void): readonly Code[] {
  if (tags < MAX_TAGS - 1 || !mayHaveBeside(code.lowering)) return [code];
  const sides = whenBeside(code);
  done(sides.then);
  return [sides.otherwise];
}

/** The sides of "what follows Ethernet and its tags is `type`". */
export const followedBy = (code: Code, linked: View, type: keyof typeof etherTypeNumbers) =>
  code.when('eq', part(linked, 'type'), n(etherTypeNumbers[type]));

/** Address of the header behind Ethernet and its tags. */
export const networkHeader = (code: Code, linked: View): ValueId =>
  code.offset(part(linked, 'start'), part(linked, 'offset'));
