// What the kernel said of the way that packets like this one go, asked anew only when it may have changed (abi/hops.ts). The helper takes
// more than twice as long as all else that a balancer does.
import { ipv4Layout, ipv6Layout } from '@twinpath/packet';
import { HOP, HOP_BITS, HOP_LEASE, HOPS } from '../../../abi/hops.ts';
import { STATE } from '../../../abi/state.ts';
import type { ValueId } from '../../../ir/types.ts';
import { roughly } from '../clock.ts';
import { type Code, n } from '../code.ts';
import type { Ends } from '../ends.ts';
import { storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { loadField } from '../packet/field.ts';
import { ifindex } from '../packet/port.ts';
import type { View } from '../view.ts';
import { askKernel, FIB } from './fib.ts';

/** A word of an element, and what it has to be for this packet. */
interface Wanted {
  readonly offset: number;
  readonly width: 32 | 64;
  readonly value: ValueId;
}

/** The paths on which the kernel knows where the packet goes next, each with the address of its answer; on all others `ends` fail. */
export function remembered(
  ends: Ends,
  start: Code,
  ip: View,
): readonly { readonly code: Code; readonly fib: ValueId }[] {
  const { lowering } = start;
  const generation = word(start, STATE.network);
  const { wanted, hash } = version(start, ip);
  const slot = scratchSlot(start, 'key', 4);
  storePieces(start, slot, 0, 4, [{ offset: 0, bits: 32, value: start.alu('shr', hash, n(64 - HOP_BITS)) }]);
  const element = start.lookup(HOPS, slot);
  const there = ends.require(start.when('ne', element, n(0), 'then'));

  const all: readonly Wanted[] = [{ offset: HOP.generation, width: 32, value: generation }, ...wanted];
  const same = there.when('eq', different(there, element, all), n(0), 'then');
  const heard = same.then.when('ne', generation, n(0), 'then');
  const age = heard.then.alu('sub', roughly(heard.then), heard.then.load(element, HOP.asked, 64));
  const young = heard.then.when('ult', age, n(HOP_LEASE), 'then');
  const mtu = young.then.load(element, HOP.fib + FIB.length, 16);
  const fits = young.then.when('ule', ipPart(ip, 'length'), mtu, 'then');

  const others = [same, heard, young, fits].map(({ otherwise }) => otherwise.path);
  const asked = lowering.joinPaths(others).map((path) => {
    const code = there.on(path);
    const at = roughly(code);
    // The helper writes over its parameters, also when it fails.
    code.store(element, HOP.generation, 32, n(0));
    const answered = ends.require(askKernel(code, ip, code.offset(element, n(HOP.fib))));
    answered.store(element, HOP.asked, 64, at);
    for (const { offset, width, value } of all) answered.store(element, offset, width, value);
    return answered.path;
  });
  return lowering.joinPaths([fits.then.path, ...asked]).map((path) => {
    const code = there.on(path);
    return { code, fib: code.offset(element, n(HOP.fib)) };
  });
}

const word = (code: Code, offset: number) => code.load(code.mapValue(STATE.map, offset), 0, 32);

/** Not 0 where the element is another packet's. */
function different(code: Code, element: ValueId, wanted: readonly Wanted[]): ValueId {
  return wanted
    .map(({ offset, width, value }) => code.alu('xor', code.load(element, offset, width), value))
    .reduce((all, one) => code.alu('or', all, one));
}

/** All that the kernel decides by; but for the destination and the interface, nothing where it does not look at the rest. */
function version(code: Code, ip: View): { readonly wanted: readonly Wanted[]; readonly hash: ValueId } {
  const at = ipPart(ip, 'at');
  // All ones, or none.
  const mask = code.alu('sub', word(code, STATE.byDestination), n(1));
  const cameBy: Wanted = { offset: HOP.cameBy, width: 32, value: ifindex(code) };
  const kind = (value: ValueId): Wanted => ({ offset: HOP.kind, width: 32, value });
  if (versionOf(ip) === 4) {
    const { src, dst, trafficClass } = ipv4Layout.fields;
    const source = code.alu('and', code.load(at, src.at, 32), mask);
    const destination = code.load(at, dst.at, 32);
    const service = code.alu('shl', code.alu('and', loadField(code, at, trafficClass), mask), n(8));
    return {
      wanted: [
        { offset: HOP.source, width: 32, value: source },
        { offset: HOP.destination, width: 32, value: destination },
        cameBy,
        kind(code.alu('or', service, n(0x40))),
      ],
      hash: spread(code, code.alu('or', code.alu('shl', source, n(32)), destination)),
    };
  }
  const { src, dst } = ipv6Layout.fields;
  const halves = [0, 8].flatMap((half): readonly Wanted[] => [
    { offset: HOP.source + half, width: 64, value: code.alu('and', code.load(at, src.at + half, 64), mask) },
    { offset: HOP.destination + half, width: 64, value: code.load(at, dst.at + half, 64) },
  ]);
  const flow = code.alu('and', code.load(at, 0, 32), code.alu('or', mask, n(0xf0)));
  return {
    wanted: [...halves, cameBy, kind(code.truncate(flow, 32))],
    hash: halves.map(({ value }) => value).reduce((all, one) => spread(code, code.alu('xor', all, one)), code.id(n(0))),
  };
}

/** Fibonacci hashing: the upper bits depend on all (2^64 divided by the golden ratio). */
const spread = (code: Code, value: ValueId): ValueId =>
  code.alu('mul', value, n(BigInt.asIntN(64, 0x9e37_79b9_7f4a_7c15n)));
