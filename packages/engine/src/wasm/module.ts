import { type Code, type Mark, typeCodes } from './code.ts';
import type { ValueType } from './expressions.ts';
import { unsigned } from './leb128.ts';

const FUNCTION = 0x60;
const FUNCREF = 0x70;

interface MemoryLimits {
  /** Pages of 64 KiB: the memory never grows. */
  readonly pages: number;
  readonly shared: boolean;
}

/** A place that stands for a slot of a program, as stack traces tell it. */
export interface ModuleMark extends Mark {
  /** Number of the function. `at` counts from the start of the module. */
  readonly function: number;
}

export interface EncodedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly marks: readonly ModuleMark[];
}

const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
};
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];

/** A WebAssembly module in the making. All imports come before the first function. */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #imports: number[][] = [];
  readonly #functions: { readonly type: number; code: Code | undefined }[] = [];
  readonly #exports: number[][] = [];
  readonly #elements: number[] = [];
  #importedFunctions = 0;
  #importedGlobals = 0;
  #importedTables = 0;

  /** The number of a function type. */
  type(parameters: readonly ValueType[], results: readonly ValueType[]): number {
    const encoded = [FUNCTION, ...vector(parameters.map((one) => [typeCodes[one]]))];
    const key = String([...encoded, ...vector(results.map((one) => [typeCodes[one]]))]);
    const known = this.#types.indexOf(key);
    return known >= 0 ? known : this.#types.push(key) - 1;
  }

  importMemory(module: string, name: string, { pages, shared }: MemoryLimits): void {
    this.#import(module, name, [0x02, shared ? 3 : 1, ...unsigned(pages), ...unsigned(pages)]);
  }

  /** A table of functions; its number. */
  importTable(module: string, name: string): number {
    this.#import(module, name, [0x01, FUNCREF, 0, 0]);
    return this.#importedTables++;
  }

  /** An i32 that never changes; its number. */
  importGlobal(module: string, name: string): number {
    this.#import(module, name, [0x03, typeCodes.i32, 0]);
    return this.#importedGlobals++;
  }

  importFunction(module: string, name: string, type: number): number {
    this.#import(module, name, [0x00, ...unsigned(type)]);
    return this.#importedFunctions++;
  }

  /** The number of a function whose body follows later. */
  declare(type: number): number {
    return this.#importedFunctions + this.#functions.push({ type, code: undefined }) - 1;
  }

  define(number: number, code: Code): void {
    const declared = this.#functions[number - this.#importedFunctions];
    if (declared === undefined) throw new RangeError(`function ${number} was not declared`);
    declared.code = code;
  }

  /** Its place in the module's own table, whose number is {@link ownTable}. */
  element(number: number): number {
    const known = this.#elements.indexOf(number);
    return known >= 0 ? known : this.#elements.push(number) - 1;
  }

  get ownTable(): number {
    return this.#importedTables;
  }

  export(name: string, number: number): void {
    this.#exports.push([...text(name), 0x00, ...unsigned(number)]);
  }

  /** `name` is what stack traces call the module. */
  finish(name: string): EncodedModule {
    const head = [
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(this.#types.map((key) => key.split(',').map(Number)))),
      ...section(2, vector(this.#imports)),
      ...section(3, vector(this.#functions.map(({ type }) => unsigned(type)))),
      ...section(4, vector([[FUNCREF, 0, ...unsigned(this.#elements.length)]])),
      ...section(7, vector(this.#exports)),
    ];
    if (this.#elements.length > 0) {
      const place = [0x02, ...unsigned(this.ownTable), 0x41, 0, 0x0b, 0x00];
      head.push(...section(9, vector([[...place, ...vector(this.#elements.map(unsigned))]])));
    }
    const { bytes: bodies, marks } = this.#bodies();
    const size = unsigned(bodies.length);
    const start = head.length + 1 + size.length;
    const names = section(0, [...text('name'), ...section(0, text(name))]);
    const bytes = new Uint8Array(start + bodies.length + names.length);
    bytes.set(head);
    bytes.set([10, ...size], head.length);
    bytes.set(bodies, start);
    bytes.set(names, start + bodies.length);
    return { bytes, marks: marks.map((mark) => ({ ...mark, at: mark.at + start })) };
  }

  #bodies() {
    const finished = this.#functions.map(({ code }, index) => {
      if (code === undefined) throw new TypeError(`function ${index} of the module has no body`);
      return code.finish();
    });
    const count = unsigned(finished.length);
    const total = finished.reduce((sum, { bytes }) => sum + bytes.length + unsigned(bytes.length).length, count.length);
    const all = new Uint8Array(total);
    const marks: ModuleMark[] = [];
    all.set(count);
    let at = count.length;
    for (const [index, { bytes, marks: own }] of finished.entries()) {
      const number = this.#importedFunctions + index;
      const size = unsigned(bytes.length);
      all.set(size, at);
      at += size.length;
      all.set(bytes, at);
      for (const mark of own) marks.push({ function: number, at: at + mark.at, slot: mark.slot });
      at += bytes.length;
    }
    return { bytes: all, marks };
  }

  #import(module: string, name: string, kind: readonly number[]): void {
    if (this.#functions.length > 0) throw new TypeError(`import of ${name} behind the first function`);
    this.#imports.push([...text(module), ...text(name), ...kind]);
  }
}
