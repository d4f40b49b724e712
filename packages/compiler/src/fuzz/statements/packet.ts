import type { ValueId, Width } from '../../ir/types.ts';
import type { PacketPointer, Sketch } from '../sketch.ts';

const widths: readonly Width[] = [8, 16, 32, 64];

/** The start of the packet, and how much of it there must be. */
export function checkStart(sketch: Sketch, otherwise: () => void): void {
  const { builder, scope } = sketch;
  const pointer = sketch.addPacket(builder.packetStart(sketch.block, scope.epoch));
  checkPointer(
    sketch,
    pointer,
    sketch.random.pick([1, 14, 14, 20, 34, 34, 42, 54, 60, 100]),
    () => undefined,
    otherwise,
  );
}

/** In the packet `then` and what comes behind it, or out of it `otherwise`. */
export function checkPointer(
  sketch: Sketch,
  packet: PacketPointer,
  size: number,
  then: () => void,
  otherwise: () => void,
): void {
  const { pointer, origin, at } = packet;
  const { epoch } = sketch.scope;
  sketch.fork(
    (yes, no) => ({ op: 'in-packet', pointer, size, epoch, then: yes, otherwise: no }),
    () => {
      sketch.prove(origin, at + size);
      then();
    },
    otherwise,
  );
}

/** Any pointer that was not checked far enough, or one further on. */
export function check(sketch: Sketch, then: () => void, otherwise: () => void): void {
  const { random, scope } = sketch;
  if (scope.packets.length === 0 || random.chance(0.1)) checkStart(sketch, otherwise);
  else checkPointer(sketch, random.pick(scope.packets), random.integer(1, 40), then, otherwise);
}

/** A place of `width` bits that may be accessed. */
function place(sketch: Sketch, width: Width): { readonly pointer: ValueId; readonly offset: number } | undefined {
  const fitting = sketch.scope.packets.filter((packet) => sketch.reach(packet) >= width / 8);
  if (fitting.length === 0) return undefined;
  const packet = sketch.random.pick(fitting);
  // Bytes between the origin and the pointer are proven too.
  const first = sketch.random.chance(0.15) ? -Math.min(packet.at, 20) : 0;
  return { pointer: packet.pointer, offset: sketch.random.integer(first, sketch.reach(packet) - width / 8) };
}

export function read(sketch: Sketch): void {
  const width = sketch.random.pick(widths);
  const found = place(sketch, width);
  if (found !== undefined) sketch.define(sketch.builder.load(sketch.block, found.pointer, found.offset, width));
}

export function write(sketch: Sketch): void {
  const width = sketch.random.pick(widths);
  const found = place(sketch, width);
  if (found === undefined) return;
  const value = sketch.integer();
  sketch.builder.store(sketch.block, found.pointer, found.offset, width, value);
}

/** A pointer a constant further on, with what is proven of its origin. */
export function step(sketch: Sketch): void {
  const { builder, random, scope } = sketch;
  if (scope.packets.length === 0) return;
  const from = random.pick(scope.packets);
  const by = random.pick([0, 1, 2, 4, 8, 14, 20, 34]);
  const pointer = builder.offset(sketch.block, from.pointer, sketch.constant(BigInt(by)));
  sketch.addPacket(pointer, from.origin, from.at + by);
}

/** A pointer further on by something known when the packet is: a header's length, an index. Unchecked as yet. */
export function jump(sketch: Sketch, then: () => void, otherwise: () => void): void {
  const { builder, random, scope } = sketch;
  if (scope.packets.length === 0) return;
  const from = random.pick(scope.packets);
  boundedInteger(sketch, (by) => {
    const packet = sketch.addPacket(builder.offset(sketch.block, from.pointer, by));
    checkPointer(sketch, packet, random.integer(1, 16), then, otherwise);
  });
}

/** An integer that the verifier can bound, in the ways in which front ends bound them. */
function boundedInteger(sketch: Sketch, use: (value: ValueId) => void): void {
  const { builder, random } = sketch;
  if (random.chance(0.75)) {
    use(maskedInteger(sketch));
    return;
  }
  const value = sketch.integer();
  const bound = sketch.constant(BigInt(random.integer(1, 120)));
  const condition = builder.compare(sketch.block, random.pick(['ult', 'ule'] as const), value, bound);
  sketch.fork(
    (then, otherwise) => ({ op: 'branch', condition, then, otherwise }),
    () => use(value),
    () => undefined,
  );
}

function maskedInteger(sketch: Sketch): ValueId {
  const { builder, random } = sketch;
  switch (random.integer(0, 3)) {
    case 0:
      return builder.alu(sketch.block, 'shl', sketch.masked(15), sketch.constant(2n));
    case 1:
      return builder.truncate(sketch.block, sketch.integer(), 8);
    case 2:
      return builder.alu(sketch.block, 'add', sketch.masked(31), sketch.constant(BigInt(random.integer(0, 14))));
    default:
      return sketch.masked(random.pick([1, 3, 7, 15, 31, 63, 255, 1023]));
  }
}

/** How long the packet is. */
export function measure(sketch: Sketch): void {
  const { builder, scope } = sketch;
  const end = builder.packetEnd(sketch.block, scope.epoch);
  const start =
    sketch.random.chance(0.5) && scope.packets.length > 0
      ? sketch.random.pick(scope.packets).pointer
      : builder.packetStart(sketch.block, scope.epoch);
  sketch.define(builder.alu(sketch.block, 'sub', end, start));
}

/** Bytes through a helper, at any offset. */
export function copyBytes(sketch: Sketch): void {
  const { builder, random, hook } = sketch;
  const room = builder.stack(sketch.block, builder.sharedSlot(8, 'bytes'));
  builder.store(sketch.block, room, 0, 64, sketch.integer());
  const offset = sketch.masked(random.pick([15, 63, 127]));
  const size = sketch.constant(BigInt(random.integer(1, 8)));
  const storing = hook === 'xdp' && random.chance(0.4);
  const helper = storing ? 'xdp_store_bytes' : hook === 'xdp' ? 'xdp_load_bytes' : 'skb_load_bytes';
  sketch.define(builder.call(sketch.block, helper, [builder.context, offset, room, size]));
  sketch.define(builder.load(sketch.block, room, 0, 64));
}

/** Moves an end of the packet: every pointer is dead behind it. */
export function resize(sketch: Sketch): void {
  const { builder, random, hook } = sketch;
  if (sketch.loops > 0) return;
  if (hook === 'xdp') {
    const by = sketch.constant(BigInt(random.integer(-24, 24)));
    sketch.define(
      builder.call(sketch.block, random.pick(['xdp_adjust_head', 'xdp_adjust_tail']), [builder.context, by]),
    );
  } else {
    sketch.define(builder.call(sketch.block, 'skb_pull_data', [builder.context, sketch.masked(63)]));
  }
  sketch.beginEpoch();
}
