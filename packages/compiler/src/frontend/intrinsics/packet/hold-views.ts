// A tc helper may move the packet in memory and leave its headers as they were. The verifier forgets every packet pointer all the
// same; the author's views go on: where each header lies is kept as a distance from the packet's beginning.
import {
  arpLayout,
  ethernetLayout,
  icmpLayout,
  ipv4Layout,
  ipv6Layout,
  neighbourLayout,
  tcpLayout,
  udpLayout,
} from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Path } from '../../path.ts';
import type { Value } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { headerOf } from '../headers/identity.ts';
import { returnAborted } from '../return-codes.ts';
import type { View } from '../view.ts';
import { endOfTag, isBesideView } from './vlan.ts';

/** Headers lie in the first bytes; the verifier adds further offsets to this one. */
const DISTANCE_MASK = 0x7fff;

/** Bytes that a view reads and writes without another check. `undefined`: they depend on the packet, and the view dies. */
function provenSize(of: View): number | undefined {
  switch (of.type) {
    case 'link':
      return ethernetLayout.size;
    case 'vlan':
      return isBesideView(of) ? ethernetLayout.size : endOfTag(Number(of.fixed.number));
    case 'arp':
      return arpLayout.size;
    case 'ip':
      return of.fixed.version === 6 ? ipv6Layout.size : ipv4Layout.size;
    case 'tcp':
      return tcpLayout.size;
    case 'udp':
      return udpLayout.size;
    case 'icmp':
      return icmpLayout.size;
    case 'neighbour':
      return neighbourLayout.size;
    case 'header':
      return headerOf(of.fixed.header).format.size;
    case 'bytes':
      return 0;
    default:
      return undefined;
  }
}

interface Held {
  readonly distance: ValueId;
  readonly size: number;
}

/** Called before the helper; the result, behind it, gives the path of the next epoch with its views in their new place. */
export function holdViews(before: Code): (after: Code) => Code {
  const start = before.packetStart();
  const held = new Map<ValueId, Held>();
  for (const value of before.path.scope.values()) {
    for (const of of viewsIn(value, before.path.epoch)) {
      const size = provenSize(of);
      if (size === undefined) continue;
      for (const pointer of pointersOf(before, of)) {
        const known = held.get(pointer);
        const distance = known?.distance ?? before.alu('and', before.alu('sub', pointer, start), n(DISTANCE_MASK));
        held.set(pointer, { distance, size: Math.max(size, known?.size ?? 0) });
      }
    }
  }
  return (after) => place(after.on({ ...after.path, epoch: before.path.epoch + 1 }), before.path.epoch, held);
}

function place(next: Code, from: number, held: ReadonlyMap<ValueId, Held>): Code {
  const places = new Map<ValueId, ValueId>();
  let code = next;
  const start = code.packetStart();
  for (const [pointer, { distance, size }] of held) {
    const at = code.offset(start, distance);
    places.set(pointer, at);
    if (size === 0) continue;
    const inside = code.whenInPacket(at, size);
    returnAborted(inside.otherwise);
    code = inside.then;
  }
  const scope = new Map<string, Value>();
  for (const [name, value] of code.path.scope) scope.set(name, moved(value, from, places));
  const path: Path = { ...code.path, scope };
  return code.on(path);
}

const pointersOf = (code: Code, { parts }: View): readonly ValueId[] =>
  Object.values(parts).filter((id) => {
    const type = code.lowering.builder.typeOf(id);
    return type.kind === 'pointer' && type.region === 'packet';
  });

function viewsIn(value: Value, epoch: number): readonly View[] {
  if (value.kind === 'view') return value.epoch === epoch ? [value] : [];
  if (value.kind === 'record') return [...value.fields.values()].flatMap((field) => viewsIn(field, epoch));
  return value.kind === 'verdict' ? value.operands.flatMap((operand) => viewsIn(operand, epoch)) : [];
}

function moved(value: Value, epoch: number, places: ReadonlyMap<ValueId, ValueId>): Value {
  const each = (one: Value) => moved(one, epoch, places);
  switch (value.kind) {
    case 'view': {
      if (value.type === 'packet') return { ...value, epoch: epoch + 1 };
      if (value.epoch !== epoch || provenSize(value) === undefined) return value;
      const parts = Object.entries(value.parts).map(([name, id]) => [name, places.get(id) ?? id]);
      return { ...value, epoch: epoch + 1, parts: Object.fromEntries(parts) };
    }
    case 'record':
      return { ...value, fields: new Map([...value.fields].map(([name, field]) => [name, each(field)])) };
    case 'verdict':
      return { ...value, operands: value.operands.map(each) };
    default:
      return value;
  }
}
