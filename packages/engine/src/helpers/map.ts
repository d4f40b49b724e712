import { baseOf, fixed, type KnownMap } from '../maps/known-map.ts';
import { deleteEntry, isReadOnly, lookupForProgram, updateEntry } from '../maps/map-code.ts';
import {
  ELEMENT,
  ELEMENT_STATE,
  elementBytes,
  elementValue,
  HEADER_BYTES,
  holdsMaps,
  layoutOf,
  strideOf,
} from '../maps/shape.ts';
import { GRANTS, STACK_START, STATE } from '../memory/cpu-state.ts';
import { calleeFrame, checkStack } from '../translate/callee.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { forMap } from '../translate/map-argument.ts';
import { unsupported } from '../translate/program.ts';
import { r, w } from '../translate/registers.ts';
import { callIndirect, type Expr, get, i32, i64, type Local, memory } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

const lookup: Helper = (writer) =>
  forMap(writer, 1, (known, map) => {
    const key = writer.key(2, known.shape.keySize);
    const value = lookupForProgram(writer.program.lib, writer.code, known, map, key);
    if (known.geometry === undefined && !holdsMaps(known.shape.type)) grant(writer, known, value);
    else writer.set(0, i64.extend_u(value));
  });

/** In checked mode, remembers that the program may use a value of a map whose place nobody knew before. */
function grant(writer: FunctionWriter, { shape }: KnownMap, value: Expr): void {
  const { code, program } = writer;
  if (!program.checked) {
    writer.set(0, i64.extend_u(value));
    return;
  }
  const { cpuState } = program.lib;
  const kept = code.keep('i32', value);
  const pair = code.keep('i32', i32.add(cpuState, i32.load(cpuState, STATE.nextGrant)));
  code.if(get(kept), () => {
    code.add(i32.store(get(pair), get(kept), STATE.grants));
    code.add(i32.store(get(pair), i32.add(get(kept), i32.const(shape.valueSize)), STATE.grants + 4));
    const next = i32.rem_u(i32.add(i32.load(cpuState, STATE.nextGrant), i32.const(8)), i32.const(8 * GRANTS));
    code.add(i32.store(cpuState, next, STATE.nextGrant));
  });
  writer.set(0, i64.extend_u(get(kept)));
}

function refuseReadOnly(writer: FunctionWriter, slot: number, known: KnownMap): void {
  if (!isReadOnly(known)) return;
  unsupported(
    writer.program,
    slot,
    `a change of map ${known.key}, which programs may only read`,
    "let Node's side write it",
  );
}

const update: Helper = (writer, slot) =>
  forMap(writer, 1, (known, map) => {
    refuseReadOnly(writer, slot, known);
    const { keySize, valueSize } = known.shape;
    const key = writer.pointer(2, i32.const(keySize));
    const value = writer.pointer(3, i32.const(valueSize));
    writer.set(0, updateEntry(writer.program.lib, known, map, key, value, w(4)));
  });

const remove: Helper = (writer, slot) =>
  forMap(writer, 1, (known, map) => {
    refuseReadOnly(writer, slot, known);
    const key = writer.pointer(2, i32.const(known.shape.keySize));
    writer.set(0, deleteEntry(writer.program.lib, known, map, key));
  });

/** The value of a given CPU: as far from this CPU's as their numbers say. */
const lookupPerCpu: Helper = (writer, slot) =>
  forMap(writer, 1, (known, map) => {
    const { code, program } = writer;
    const { shape } = known;
    if (!/percpu/.test(shape.type)) {
      unsupported(program, slot, `map_lookup_percpu_elem on ${shape.type}`, 'the map has one value for all CPUs');
    }
    const value = code.keep('i32', lookupForProgram(program.lib, code, known, map, writer.key(2, shape.keySize)));
    const stride = i32.const(strideOf(shape));
    const perCpu = layoutOf(shape.type) === 'array' ? i32.mul(stride, fixed(known, 'maxEntries', map)) : stride;
    const distance = i32.mul(i32.sub(w(3), program.lib.cpu), perCpu);
    code.if(i32.ge_u(w(3), i32.const(shape.cpus)), () => code.set(value, i32.const(0)));
    code.if(get(value), () => code.set(value, i32.add(get(value), distance)));
    writer.set(0, i64.extend_u(get(value)));
  });

/** for_each_map_elem(map, callback, context, flags): how many entries were visited. */
const forEach: Helper = (writer, slot) =>
  forMap(writer, 1, (known, map) => {
    const { code, program } = writer;
    const layout = layoutOf(known.shape.type);
    if (layout !== 'array' && layout !== 'hash') {
      unsupported(program, slot, `for_each_map_elem on ${known.shape.type}`, 'the kernel has it for arrays and hashes');
    }
    checkStack(writer);
    const visited = code.keep('i32', i32.const(0));
    const index = code.keep('i32', i32.const(0));
    // The key is handed over as a copy, in the stack's last frame: what lies in the table is not for programs to write.
    const key = code.keep('i32', i32.add(program.lib.cpuState, i32.const(STACK_START)));
    const visit = (value: Expr, stop: () => void) => {
      writer.burn();
      code.set(visited, i32.add(get(visited), i32.const(1)));
      const given = [i64.extend_u(baseOf(known, map)), i64.extend_u(get(key)), i64.extend_u(value), r(3), i64.const(0)];
      const { programType, builder } = program.lib;
      const result = callIndirect(programType, builder.ownTable, w(2), ...given, calleeFrame());
      code.openIf(i64.ne(result, i64.const(0)));
      stop();
      code.close();
    };
    code.block((done) => {
      code.loop((next) => {
        const stop = () => code.br(done);
        const end = layout === 'array' ? 'maxEntries' : 'capacity';
        code.brIf(done, i32.ge_u(get(index), fixed(known, end, map)));
        if (layout === 'array') visitElement(writer, known, { map, key, index }, (value) => visit(value, stop));
        else visitHashElement(writer, known, { map, key, index }, (value) => visit(value, stop));
        code.set(index, i32.add(get(index), i32.const(1)));
        code.br(next);
      });
    });
    writer.set(0, i64.extend_u(get(visited)));
  });

interface Place {
  readonly map: Local;
  readonly key: Local;
  readonly index: Local;
}

function visitElement(
  writer: FunctionWriter,
  known: KnownMap,
  { map, key, index }: Place,
  visit: (value: Expr) => void,
) {
  const { code, program } = writer;
  const stride = i32.const(strideOf(known.shape));
  code.add(i32.store(get(key), get(index)));
  const first = i32.add(baseOf(known, map), i32.const(HEADER_BYTES));
  const perCpu = i32.mul(program.lib.cpu, i32.mul(fixed(known, 'maxEntries', map), stride));
  const own = known.shape.cpus === 1 ? first : i32.add(first, perCpu);
  visit(i32.add(own, i32.mul(get(index), stride)));
}

function visitHashElement(
  writer: FunctionWriter,
  known: KnownMap,
  { map, key, index }: Place,
  visit: (value: Expr) => void,
) {
  const { code, program } = writer;
  const { shape } = known;
  const at = i32.add(fixed(known, 'elements', map), i32.mul(get(index), i32.const(elementBytes(shape))));
  const element = code.keep('i32', at);
  code.if(i32.ne(i32.load(get(element), ELEMENT.state), i32.const(ELEMENT_STATE.free)), () => {
    code.add(memory.copy(get(key), i32.add(get(element), i32.const(ELEMENT.key)), i32.const(shape.keySize)));
    const value = i32.add(get(element), i32.const(elementValue(shape)));
    const perCpu = i32.mul(program.lib.cpu, i32.const(strideOf(shape)));
    visit(shape.cpus === 1 ? value : i32.add(value, perCpu));
  });
}

export const mapHelpers: Helpers = {
  map_lookup_elem: lookup,
  map_lookup_percpu_elem: lookupPerCpu,
  map_update_elem: update,
  map_delete_elem: remove,
  for_each_map_elem: forEach,
};
