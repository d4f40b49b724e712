// Where the kernel's routes lead a packet.
import { ipv4Layout, ipv6Layout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { directionOf } from '../../direction.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { frameDatagram, ipPart, versionOf } from '../packet/datagram.ts';
import { loadField, loadWords } from '../packet/field.ts';
import { isView, type View } from '../view.ts';
import { FIB } from './fib.ts';
import { remembered } from './hops.ts';

export interface Hop {
  readonly ip: View;
  readonly ifindex: ValueId;
  readonly mtu: ValueId;
  readonly src: Value;
  readonly dst: Value;
}

/** The paths on which the kernel knows where the packet goes next, and those on which it has more to do with it, or must not
 *  forward it: no IP, `hops` at 1, no route, no neighbour yet, too big, for the host itself. */
export function lookUpRoute(
  lowering: Lowering,
  path: Path,
): { readonly found: readonly { readonly code: Code; readonly hop: Hop }[]; readonly others: readonly Path[] } {
  const ends = new Ends(lowering);
  const found = frameDatagram(lowering, path).flatMap(({ path: on, value: ip }) => {
    const start = new Code(lowering, on);
    if (!isView(ip, 'ip')) {
      ends.fail(start);
      return [];
    }
    const { fields } = versionOf(ip) === 4 ? ipv4Layout : ipv6Layout;
    // What leaves the host has been forwarded already.
    const mayGo = directionOf(lowering.target) === 'egress' ? n(0) : n(1);
    const living = ends.require(start.when('ugt', loadField(start, ipPart(ip, 'at'), fields.hops), mayGo, 'then'));
    return remembered(ends, living, ip).map(({ code, fib }) => ({ code, hop: hopOf(code, ip, fib) }));
  });
  return { found, others: ends.failures() };
}

function hopOf(code: Code, ip: View, fib: ValueId): Hop {
  // The second address lies at an even place only, and memory is read aligned.
  const half = (offset: number) => code.load(fib, offset, 16);
  const first = code.alu('or', half(FIB.dmac), code.alu('shl', half(FIB.dmac + 2), n(16)));
  return {
    ip,
    ifindex: code.load(fib, FIB.ifindex, 32),
    mtu: code.load(fib, FIB.length, 16),
    src: { kind: 'bytes', type: 'mac', words: loadWords(code, fib, FIB.smac, 6) },
    dst: {
      kind: 'bytes',
      type: 'mac',
      words: [
        { id: first, width: 32 },
        { id: half(FIB.dmac + 4), width: 16 },
      ],
    },
  };
}
