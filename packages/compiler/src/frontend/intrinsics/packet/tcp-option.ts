// `tcp.option(number)`: the options are walked by a loop of the program, as packet's TcpView does. Its body has one way on, with
// arithmetic in place of branches: the verifier follows every way around separately, up to forty times.
import { tcpLayout } from '@twinpath/packet';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Member } from '../members.ts';
import { part } from '../view.ts';
import { bytesView, headerLength } from './bytes.ts';

const MAX_OPTIONS_BYTES = 40;
/** Offsets within a TCP header. */
const MASK = 63;
const NO_OPERATION = 1;

export const tcpOption: Member = ({ lowering, path, receiver, operands, site }) => {
  const [wanted] = operands;
  const number = wanted?.kind === 'constant' && typeof wanted.value === 'number' ? wanted.value : undefined;
  if (number === undefined || number <= NO_OPERATION || number > 255) {
    return lowering.fail(site, 'TP3005', 'a constant option number from 2 to 255', wanted?.kind ?? 'nothing');
  }
  const ends = new Ends(lowering);
  const header = part(receiver, 'at');
  const { builder } = lowering;
  const start = new Code(lowering, path);
  const size = headerLength(start, header);
  const loop = builder.block();
  const first = start.id(n(tcpLayout.size));
  const zero = start.id(n(0));
  builder.terminate(path.block, { op: 'jump', target: loop });
  const offset = builder.phi(loop, [{ block: path.block, value: first }]);
  const round = builder.phi(loop, [{ block: path.block, value: zero }]);
  const turn = new Code(lowering, { ...path, block: loop });

  const counted = ends.require(turn.when('ult', round, n(MAX_OPTIONS_BYTES), 'then'));
  const more = ends.require(counted.when('ult', offset, size, 'then'));
  const at = more.offset(header, offset);
  const present = ends.require(more.whenInPacket(at, 1));
  const kind = present.load(at, 0, 8);
  // The second byte, if the header has one more; else the first again, which then counts for nothing.
  const hasLength = present.alu('shr', present.alu('sub', present.alu('add', offset, n(1)), size), n(63));
  const second = present.offset(at, hasLength);
  const code = ends.refuse(ends.require(present.whenInPacket(second, 1)).when('eq', kind, n(0)));
  // A mask of all kinds above, for each turn waits for the one before, and a multiplication takes longer.
  const isLong = code.alu('sar', code.alu('sub', n(NO_OPERATION), kind), n(63));
  const isSingle = code.alu('add', isLong, n(1));
  const wantsLength = code.alu('and', code.alu('sub', n(0), hasLength), isLong);
  const length = code.alu('and', code.load(second, 0, 8), wantsLength);
  const step = code.alu('add', length, isSingle);
  const real = ends.require(code.when('uge', code.alu('add', step, isSingle), n(2), 'then'));
  const inside = ends.require(real.when('ule', real.alu('add', offset, step), size, 'then'));
  const match = inside.when('eq', kind, n(number));
  const begin = match.then.alu('add', part(receiver, 'offset'), match.then.alu('add', offset, n(2)));
  const place = { at: match.then.offset(at, n(2)), offset: begin };
  ends.found(match.then, bytesView(match.then, place, match.then.alu('sub', length, n(2))));

  const back = match.otherwise;
  const after = back.alu('and', back.alu('add', offset, step), n(MASK));
  const again = back.alu('add', round, n(1));
  const { block } = back.path;
  builder.terminate(block, { op: 'jump', target: loop });
  builder.completePhi(loop, offset, [
    { block: path.block, value: first },
    { block, value: after },
  ]);
  builder.completePhi(loop, round, [
    { block: path.block, value: zero },
    { block, value: again },
  ]);
  return ends.outcomes();
};
