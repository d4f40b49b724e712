import type { ProgramSpec } from '@twinpath/ebpf';
import { BtfBuilder, encodeFuncInfo, type LineInfo } from '@twinpath/ebpf/btf';
import { at } from '../ir/at.ts';
import type { Hook, Location, ValueType } from '../ir/types.ts';

/** Texts of source files by the name that locations carry. */
export type Sources = ReadonlyMap<string, string>;

/** A function of the program: the main one first. */
export interface Described {
  readonly name: string;
  /** Where it begins. */
  readonly slot: number;
  /** Of a subprogram; the main one has the context. */
  readonly parameters: readonly ValueType[];
}

interface Program {
  readonly functions: readonly Described[];
  readonly hook: Hook;
  /** One for each slot. */
  readonly locations: readonly (Location | undefined)[];
  readonly sources: Sources;
}

/** BTF by which the kernel's log and bpftool show the author's lines; undefined if there is nothing to tell. */
export function lineInfo({ functions, hook, locations, sources }: Program): ProgramSpec['btf'] {
  const first = locations.find((location) => location !== undefined);
  // Callbacks have to be described in any case.
  if (first === undefined && functions.length === 1) return undefined;
  const btf = new BtfBuilder();
  const records = describe(btf, functions, hook);
  const starts = new Set(functions.map(({ slot }) => slot));
  const lines: LineInfo[] = [];
  const textOf = lineTexts(sources);
  locations.forEach((known, slot) => {
    // The kernel wants to know a line for the first instruction of each function.
    const location = known ?? (starts.has(slot) ? first : undefined);
    const last = lines.at(-1);
    if (location === undefined) return;
    const { file, line, column } = location;
    if (last !== undefined && !starts.has(slot) && last.file === file && last.line === line && last.column === column)
      return;
    lines.push({ slot, file, line, column, text: textOf(location) });
  });
  // The line texts become strings of the BTF, so they go in before it is written.
  const encoded = btf.lineInfo(lines);
  return { types: btf.bytes(), functions: encodeFuncInfo(records), lines: encoded };
}

function describe(btf: BtfBuilder, functions: readonly Described[], hook: Hook) {
  const context = btf.ptr(btf.fwd(hook === 'xdp' ? 'xdp_md' : '__sk_buff'));
  const code = btf.int('int', 4, 'signed');
  return functions.map(({ name, slot, parameters }, index) => {
    if (index === 0) {
      const prototype = btf.funcProto(code, [{ name: 'ctx', type: context }]);
      return { slot, type: btf.func(identifier(name), prototype) };
    }
    // Static functions are verified with what their callers give, whatever is said of it here.
    const word = btf.int('long', 8, 'signed');
    const address = btf.ptr(0);
    const params = parameters.map(({ kind }, at) => ({ name: `arg${at}`, type: kind === 'pointer' ? address : word }));
    return { slot, type: btf.func(identifier(name), btf.funcProto(word, params)) };
  });
}

function lineTexts(sources: Sources): (location: Location) => string {
  const lines = new Map([...sources].map(([file, text]) => [file, text.split('\n')]));
  return ({ file, line }) => lines.get(file)?.[line - 1]?.trim() ?? '';
}

/** A C identifier, as the kernel wants of functions' names. */
function identifier(name: string): string {
  const letters = name.replace(/\W/g, '_').slice(0, 127);
  return /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`.slice(0, 127);
}

/** One location for each 8-byte slot of the code, from one for each assembled item and the slot it starts at. */
export function slotLocations(
  items: readonly (Location | undefined)[],
  starts: readonly number[],
  slots: number,
): readonly (Location | undefined)[] {
  const locations = new Array<Location | undefined>(slots).fill(undefined);
  items.forEach((location, index) => {
    const end = starts[index + 1] ?? slots;
    locations.fill(location, at(starts, index), end);
  });
  return locations;
}
