// What a chain has in its engine, whoever uses it: an instance, the one that follows it, the chain's wiring. As in the kernel, a map or a
// program goes with the last who holds it, and maps that were installed under a function's name outlive the thread that made them.

import type { MapSpec } from '@twinpath/ebpf';
import type { Engine, EngineMap, EngineProgram } from '@twinpath/engine';
import type { FunctionMaps, Kept } from '../chain/ground.ts';

/** What several hold. */
class Shared<T extends Disposable> {
  readonly value: T;
  users = 1;

  constructor(value: T) {
    this.value = value;
  }
}

/** By their numbers. */
class Holdings<T extends Disposable> {
  readonly #all = new Map<number, Shared<T>>();

  add(number: number, value: T): void {
    this.#all.set(number, new Shared(value));
  }

  hold(number: number): T {
    const found = this.#find(number);
    found.users++;
    return found.value;
  }

  get(number: number): T {
    return this.#find(number).value;
  }

  drop(number: number): void {
    const found = this.#find(number);
    if (--found.users > 0) return;
    this.#all.delete(number);
    found.value[Symbol.dispose]();
  }

  #find(number: number): Shared<T> {
    const found = this.#all.get(number);
    if (found === undefined) throw new RangeError(`the chain has nothing with the number ${number} in its engine`);
    return found;
  }
}

type Installed = ReadonlyMap<string, number>;
const NONE: Installed = new Map();

export class EngineStock implements FunctionMaps {
  readonly programs = new Holdings<EngineProgram>();
  readonly maps = new Holdings<EngineMap>();
  readonly #engine: Engine;
  /** By function: addresses of its maps, by name. */
  readonly #installed = new Map<string, Installed>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Who asks holds it. @throws EngineError when the memory is used up. */
  createMap(spec: MapSpec): EngineMap {
    const map = this.#engine.createMap(spec);
    this.maps.add(map.id, map);
    return map;
  }

  /** Who asks holds it. */
  load(...given: Parameters<Engine['load']>): EngineProgram {
    const program = this.#engine.load(...given);
    this.programs.add(program.id, program);
    return program;
  }

  /** Of a function. */
  installed(name: string): Installed {
    return this.#installed.get(name) ?? NONE;
  }

  /** In place of those before. */
  install(name: string, maps: Installed): void {
    const before = this.installed(name);
    for (const address of maps.values()) this.maps.hold(address);
    this.#installed.set(name, maps);
    for (const address of before.values()) this.maps.drop(address);
  }

  backup(name: string): Kept {
    const kept = this.installed(name);
    for (const address of kept.values()) this.maps.hold(address);
    return {
      restore: () => this.install(name, kept),
      [Symbol.dispose]: () => {
        for (const address of kept.values()) this.maps.drop(address);
      },
    };
  }

  /** Functions that the chain has not any more. */
  removeMapsBut(names: readonly string[]): void {
    for (const name of [...this.#installed.keys()]) if (!names.includes(name)) this.forgetMaps(name);
  }

  /** Nothing of another process. */
  marksOf(): undefined {}

  forgetMaps(name: string): void {
    this.install(name, NONE);
    this.#installed.delete(name);
  }
}
