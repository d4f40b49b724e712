import type { ProgramSpec } from '@twinpath/ebpf';
import type { KnownMap } from '../maps/known-map.ts';
import { unlock } from '../maps/lock.ts';
import { ringDiscard } from '../maps/ring-code.ts';
import type { MapShape } from '../maps/shape.ts';
import { GRANTS, OPEN_RECORDS, STACK_END, STATE } from '../memory/cpu-state.ts';
import { contextLayout, hookOf, REDIRECT } from '../memory/frame-context.ts';
import { Code } from '../wasm/code.ts';
import { call, get, i32, i64, memory } from '../wasm/expressions.ts';
import { Library, type LibraryOptions } from '../wasm/library.ts';
import type { EncodedModule } from '../wasm/module.ts';
import { decode } from './decode.ts';
import type { ProgramTranslation } from './program.ts';
import { translateFunction } from './translate-function.ts';

export interface TranslationOptions extends LibraryOptions {
  readonly maps: ReadonlyMap<string, KnownMap>;
  readonly checked: boolean;
  /** Loop rounds and calls that a frame may cost in checked mode. */
  readonly fuel: number;
  readonly shapeNumber: (shape: MapShape) => number;
  /** What stack traces call the module. */
  readonly moduleName: string;
}

/**
 * A module that exports `program`, which the engine's table takes, and `run(first context, frames)`, which runs it on a
 * burst. @throws EngineError, AssemblerError
 */
export function translateProgram(spec: ProgramSpec, options: TranslationOptions): EncodedModule {
  const lib = new Library(options);
  const steps = decode(spec);
  const hook = hookOf(spec.type);
  const subprograms = new Map<number, number>();
  const waiting: number[] = [];
  const program: ProgramTranslation = {
    name: spec.name,
    lib,
    hook,
    context: contextLayout[hook],
    checked: options.checked,
    maps: options.maps,
    shapeNumber: options.shapeNumber,
    subprogram(slot) {
      const known = subprograms.get(slot);
      if (known !== undefined) return known;
      const number = lib.builder.declare(lib.programType);
      subprograms.set(slot, number);
      waiting.push(slot);
      return number;
    },
  };
  const main = program.subprogram(0);
  for (let slot = waiting.pop(); slot !== undefined; slot = waiting.pop()) {
    lib.builder.define(subprograms.get(slot) ?? main, translateFunction(program, steps, slot));
  }
  lib.builder.export('program', main);
  lib.builder.export('run', writeRun(program, main, options.fuel));
  return lib.finish(options.moduleName);
}

/** (first context, frames): the contexts of a burst lie one behind the other. */
function writeRun(program: ProgramTranslation, main: number, fuel: number): number {
  const { lib, context: layout } = program;
  const { cpuState, builder } = lib;
  const number = builder.declare(builder.type(['i32', 'i32'], []));
  const code = new Code(2);
  const [context, remaining] = [0, 1];
  const stack = i64.extend_u(i32.add(cpuState, i32.const(STACK_END)));
  code.add(i64.store(cpuState, i64.const(0), STATE.coarseClock));
  code.block((done) => {
    code.loop((next) => {
      code.brIf(done, i32.eqz(get(remaining)));
      // Behind a trap these say where to go on.
      code.add(i32.store(cpuState, get(context), STATE.context), i32.store(cpuState, get(remaining), STATE.remaining));
      code.add(i32.store(cpuState, i32.const(0), STATE.tailCalls));
      code.add(i32.store(get(context), i32.const(REDIRECT.none), layout.redirectKind));
      if (program.checked) {
        code.add(i32.store(cpuState, i32.const(fuel), STATE.fuel));
        code.add(memory.fill(i32.add(cpuState, i32.const(STATE.grants)), i32.const(0), i32.const(8 * GRANTS)));
      }
      const none = i64.const(0);
      const result = call(main, i64.extend_u(get(context)), none, none, none, none, stack);
      code.add(i32.store(get(context), i32.wrap(result), layout.verdict));
      if (program.checked) closeAll(lib, code);
      code.set(context, i32.add(get(context), i32.const(layout.stride)));
      code.set(remaining, i32.sub(get(remaining), i32.const(1)));
      code.br(next);
    });
  });
  builder.define(number, code);
  return number;
}

/** What no verifier made sure of: a program that is over holds no record and no lock. */
function closeAll(lib: Library, code: Code): void {
  for (let index = 0; index < OPEN_RECORDS; index++) {
    const record = i32.load(lib.cpuState, STATE.openRecords + 8 * index);
    code.if(record, () => ringDiscard(lib, code, code.keep('i32', record)));
  }
  const held = i32.load(lib.cpuState, STATE.spinLock);
  code.if(held, () => unlock(lib, code, get(code.keep('i32', held)), STATE.spinLock));
}
