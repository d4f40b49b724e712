// Checked mode: an access must lie in the packet, the stack, the context, one value of one of the program's maps, or a
// record that it reserved. Anything else stops the program.

import type { KnownMap } from '../maps/known-map.ts';
import { isReadOnly } from '../maps/map-code.ts';
import {
  elementBytes,
  elementValue,
  HEADER_BYTES,
  layoutOf,
  nodeBytes,
  nodeValue,
  slotBytes,
  strideOf,
} from '../maps/shape.ts';
import { GRANTS, OPEN_RECORDS, STACK_FRAME, STACK_FRAMES, STACK_START, STATE } from '../memory/cpu-state.ts';
import { writableFields } from '../memory/frame-context.ts';
import { type TrapReason, trapNumber } from '../memory/trap.ts';
import type { Code } from '../wasm/code.ts';
import { type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import type { ProgramTranslation } from './program.ts';

/** (address, size) → the address as i32, if the access is allowed. */
export function checkAccess(program: ProgramTranslation, write: boolean): number {
  const { lib } = program;
  const name = `check ${write ? 'write' : 'read'}`;
  return lib.function(name, ['i64', 'i32'], ['i32'], (code, address = 0, size = 0) => {
    const at = code.keep('i32', i32.wrap(get(address)));
    const end = code.keep('i64', i64.add(get(address), i64.extend_u(get(size))));
    const allow = (condition: Expr) => code.if(condition, () => code.return(get(at)));
    const inside = (first: Expr, behind: Expr) =>
      i32.and(i64.ge_u(get(address), i64.extend_u(first)), i64.le_u(get(end), i64.extend_u(behind)));
    allow(i32.eqz(get(size)));
    // High bits would be lost, and the end must not wrap around.
    code.if(i32.wrap(i64.shr_u(get(address), i64.const(32))), () =>
      trap(program, code, 'access outside of packet, stack, map values and context'),
    );
    const stack = i32.add(lib.cpuState, i32.const(STACK_START));
    allow(inside(stack, i32.add(stack, i32.const(STACK_FRAME * STACK_FRAMES))));
    const context = code.keep('i32', i32.load(lib.cpuState, STATE.context));
    const { dataMeta, dataEnd, size: contextSize } = program.context;
    allow(inside(i32.load(get(context), dataMeta), i32.load(get(context), dataEnd)));
    const fields: readonly (readonly [number, number])[] = write ? writableFields[program.hook] : [[0, contextSize]];
    for (const [first, behind] of fields) {
      allow(inside(i32.add(get(context), i32.const(first)), i32.add(get(context), i32.const(behind))));
    }
    for (const map of program.maps.values()) allowValues(program, code, map, { at, size, write });
    for (let index = 0; index < OPEN_RECORDS + GRANTS; index++) {
      const pair = STATE.openRecords + 8 * index;
      allow(inside(i32.load(lib.cpuState, pair), i32.load(lib.cpuState, pair + 4)));
    }
    trap(program, code, 'access outside of packet, stack, map values and context');
  });
}

interface Access {
  readonly at: Local;
  readonly size: Local;
  readonly write: boolean;
}

function allowValues(program: ProgramTranslation, code: Code, map: KnownMap, { at, size, write }: Access): void {
  const values = valuesOf(map);
  if (values === undefined) return;
  const { start, elements, stride, offset, length } = values;
  const from = i32.sub(get(at), i32.const(start));
  code.if(i32.lt_u(from, i32.const(elements * stride)), () => {
    const inElement = i32.rem_u(from, i32.const(stride));
    // Unsigned: what lies in front of the value counts as far behind it.
    const inValue = code.keep('i32', i32.sub(inElement, i32.const(offset)));
    const room = i32.sub(i32.const(length), get(inValue));
    const fits = i32.and(i32.le_u(get(inValue), i32.const(length)), i32.le_u(get(size), room));
    code.if(fits, () => {
      if (write && isReadOnly(map)) trap(program, code, 'write to what may only be read');
      else code.return(get(at));
    });
    trap(program, code, 'access outside of packet, stack, map values and context');
  });
}

/** Where values lie, in elements of one size. */
function valuesOf({ shape, geometry }: KnownMap) {
  if (geometry === undefined) return undefined;
  const { base, maxEntries, elements, capacity } = geometry;
  const length = shape.valueSize;
  switch (layoutOf(shape.type)) {
    case 'array':
      return {
        start: base + HEADER_BYTES,
        elements: maxEntries * shape.cpus,
        stride: strideOf(shape),
        offset: 0,
        length,
      };
    case 'slots':
      return { start: base + HEADER_BYTES, elements: maxEntries, stride: slotBytes(shape), offset: 0, length };
    case 'hash': {
      const offset = elementValue(shape);
      const all = shape.cpus === 1 ? length : shape.cpus * strideOf(shape);
      return { start: elements, elements: capacity, stride: elementBytes(shape), offset, length: all };
    }
    case 'trie':
      return { start: elements, elements: capacity, stride: nodeBytes(shape), offset: nodeValue(shape), length };
    case 'ring':
      return undefined;
  }
}

function trap({ lib }: ProgramTranslation, code: Code, reason: TrapReason): void {
  code.add(i32.store(lib.cpuState, i32.const(trapNumber(reason)), STATE.reason));
  code.unreachable();
}
