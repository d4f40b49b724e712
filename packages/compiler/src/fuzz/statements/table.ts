import type { MapSpec } from '@twinpath/ebpf';
import type { ValueId, Width } from '../../ir/types.ts';
import type { MapValue, Sketch } from '../sketch.ts';
import { EVENTS, OUT, tables } from '../tables.ts';

/** Fields that fill `size` bytes, each at a multiple of its width. */
function layout(sketch: Sketch, size: number): readonly { readonly offset: number; readonly width: Width }[] {
  const fields: { offset: number; width: Width }[] = [];
  for (let offset = 0; offset < size; ) {
    const fitting = ([8, 16, 32, 64] as const).filter(
      (width) => offset % (width / 8) === 0 && offset + width / 8 <= size,
    );
    const width = sketch.random.chance(0.7) ? (fitting.at(-1) ?? 8) : sketch.random.pick(fitting);
    fields.push({ offset, width });
    offset += width / 8;
  }
  return fields;
}

/** The address of a slot whose bytes are all written. The first field is small: few keys. */
function key(sketch: Sketch, { name, keySize, type, maxEntries }: MapSpec): ValueId {
  const { builder, random } = sketch;
  const address = builder.stack(sketch.block, builder.sharedSlot(keySize, `key of ${name}`));
  const lpm = type === 'lpm-trie';
  const fields = lpm
    ? ([
        { offset: 0, width: 32 },
        { offset: 4, width: 32 },
      ] as const)
    : layout(sketch, keySize);
  for (const { offset, width } of fields) {
    let value = offset === 0 ? sketch.masked(lpm ? 63 : maxEntries < 7 ? 7 : 15) : sketch.constant(0n);
    if (lpm && offset === 4) value = random.chance(0.5) ? sketch.integer() : sketch.masked(0xe0);
    builder.store(sketch.block, address, offset, width, value);
  }
  return address;
}

function value(sketch: Sketch, { name, valueSize }: MapSpec): ValueId {
  const { builder } = sketch;
  const address = builder.stack(sketch.block, builder.sharedSlot(valueSize, `value of ${name}`));
  for (const { offset, width } of layout(sketch, valueSize)) {
    const field = sketch.integer();
    builder.store(sketch.block, address, offset, width, field);
  }
  return address;
}

/** A key on the stack, or in the packet where enough of it is proven. */
function keyAnywhere(sketch: Sketch, spec: MapSpec): ValueId {
  const fitting = sketch.scope.packets.filter((packet) => sketch.reach(packet) >= spec.keySize);
  if (fitting.length > 0 && sketch.random.chance(0.1)) return sketch.random.pick(fitting).pointer;
  return key(sketch, spec);
}

export function lookup(sketch: Sketch, hit: () => void, miss: () => void): void {
  const { builder, random } = sketch;
  const spec = random.pick(tables);
  const address = keyAnywhere(sketch, spec);
  const map = builder.map(sketch.block, spec.name);
  const pointer = builder.call(sketch.block, 'map_lookup_elem', [map, address], {
    kind: 'pointer',
    region: `value ${spec.name}`,
  });
  const found = random.chance(0.5);
  const condition = builder.compare(sketch.block, found ? 'ne' : 'eq', pointer, sketch.constant(0n));
  const use = () => {
    sketch.addValue({ pointer, map: spec.name, size: spec.valueSize });
    hit();
  };
  sketch.fork(
    (then, otherwise) => ({ op: 'branch', condition, then, otherwise }),
    found ? use : miss,
    found ? miss : use,
  );
}

export function update(sketch: Sketch): void {
  const { builder, random } = sketch;
  const spec = random.pick(tables);
  const [address, bytes] = [key(sketch, spec), value(sketch, spec)];
  const flags = random.chance(0.85) ? sketch.constant(BigInt(random.integer(0, 2))) : sketch.masked(3);
  const given = [builder.map(sketch.block, spec.name), address, bytes, flags];
  defineError(sketch, builder.call(sketch.block, 'map_update_elem', given));
  sketch.dropValues(spec.name);
}

export function remove(sketch: Sketch): void {
  const { builder, random } = sketch;
  const spec = random.pick(tables);
  const address = keyAnywhere(sketch, spec);
  const given = [builder.map(sketch.block, spec.name), address];
  defineError(sketch, builder.call(sketch.block, 'map_delete_elem', given));
  sketch.dropValues(spec.name);
}

/** The 32 bits of it that every kernel gives; see the IR's `call`. */
function defineError(sketch: Sketch, result: ValueId): void {
  sketch.define(sketch.builder.truncate(sketch.block, result, 32));
}

/** A value in sight, or the global one. */
function anyValue(sketch: Sketch): MapValue {
  const { builder, random, scope } = sketch;
  if (scope.values.length > 0 && random.chance(0.7)) return random.pick(scope.values);
  // The first word holds the program's result.
  const offset = random.integer(1, 6) * 8;
  return { pointer: builder.mapValue(sketch.block, OUT.name, offset), map: OUT.name, size: OUT.valueSize - offset };
}

function field(
  sketch: Sketch,
  widths: readonly Width[],
): { readonly address: ValueId; readonly offset: number; readonly width: Width } {
  const { builder, random } = sketch;
  const { pointer, size } = anyValue(sketch);
  const fitting = widths.filter((width) => width / 8 <= size);
  const width = fitting.length === 0 ? 32 : random.pick(fitting);
  // Also by an index that is bounded by a mask.
  if (size >= 16 && random.chance(0.2)) {
    const by = builder.alu(sketch.block, 'and', sketch.integer(), sketch.constant(8n));
    return { address: builder.offset(sketch.block, pointer, by), offset: 0, width: size - 8 >= width / 8 ? width : 32 };
  }
  const bytes = width / 8;
  return { address: pointer, offset: random.integer(0, Math.floor((size - bytes) / bytes)) * bytes, width };
}

export function readValue(sketch: Sketch): void {
  const { address, offset, width } = field(sketch, [8, 16, 32, 64]);
  sketch.define(sketch.builder.load(sketch.block, address, offset, width));
}

export function writeValue(sketch: Sketch): void {
  const { address, offset, width } = field(sketch, [8, 16, 32, 64]);
  const written = sketch.integer();
  sketch.builder.store(sketch.block, address, offset, width, written);
}

export function atomic(sketch: Sketch): void {
  const { builder, random } = sketch;
  const { address, offset, width } = field(sketch, [32, 64]);
  if (width !== 32 && width !== 64) return;
  const operand = sketch.integer();
  const operation = random.pick(['add', 'add', 'and', 'or', 'xor', 'exchange'] as const);
  const old = builder.atomic(sketch.block, operation, { address, offset, width }, operand);
  if (random.chance(0.5)) sketch.define(old);
}

/** A checksum over what lies on the stack, folded: before 6.13 kernels give 32 bits, and from then on 16. */
export function checksum(sketch: Sketch): void {
  const { builder } = sketch;
  const [from, to] = ['old bytes', 'new bytes'].map((name) => {
    const address = builder.stack(sketch.block, builder.sharedSlot(8, name));
    builder.store(sketch.block, address, 0, 64, sketch.integer());
    return address;
  });
  const [zero, size] = [sketch.constant(0n), sketch.constant(8n)];
  const seed = builder.truncate(sketch.block, sketch.integer(), 32);
  const removing = sketch.random.chance(0.8) && from !== undefined;
  const given = [removing ? from : zero, removing ? size : zero, to ?? zero, size, seed];
  let sum = builder.call(sketch.block, 'csum_diff', given);
  const [half, low] = [sketch.constant(16n), sketch.constant(0xffffn)];
  for (let time = 0; time < 2; time++) {
    const high = builder.alu(sketch.block, 'shr', sum, half);
    sum = builder.alu(sketch.block, 'add', builder.alu(sketch.block, 'and', sum, low), high);
  }
  sketch.define(sum);
}

/** A record copied from the stack. */
export function output(sketch: Sketch): void {
  const { builder, random } = sketch;
  const record = { ...EVENTS, valueSize: random.pick([1, 3, 8, 12, 24]) };
  const bytes = value(sketch, { ...record, name: `${EVENTS.name} of ${record.valueSize}` });
  const [size, flags] = [sketch.constant(BigInt(record.valueSize)), sketch.constant(0n)];
  sketch.define(
    builder.call(sketch.block, 'ringbuf_output', [builder.map(sketch.block, EVENTS.name), bytes, size, flags]),
  );
}

/** A record written in its place, and then submitted or not. */
export function reserve(sketch: Sketch): void {
  const { builder, random } = sketch;
  const bytes = random.integer(1, 40);
  const [size, zero] = [sketch.constant(BigInt(bytes)), sketch.constant(0n)];
  const region = { kind: 'pointer', region: `value ${EVENTS.name}` } as const;
  const map = builder.map(sketch.block, EVENTS.name);
  const record = builder.call(sketch.block, 'ringbuf_reserve', [map, size, zero], region);
  const condition = builder.compare(sketch.block, 'ne', record, zero);
  sketch.fork(
    (then, otherwise) => ({ op: 'branch', condition, then, otherwise }),
    () => {
      for (const { offset, width } of layout(sketch, bytes)) {
        const field = sketch.integer();
        builder.store(sketch.block, record, offset, width, field);
      }
      builder.call(sketch.block, random.chance(0.8) ? 'ringbuf_submit' : 'ringbuf_discard', [record, zero]);
    },
    () => undefined,
  );
}
