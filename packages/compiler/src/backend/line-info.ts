import type { ProgramSpec } from '@twinpath/ebpf';
import { BtfBuilder, encodeFuncInfo, type LineInfo } from '@twinpath/ebpf/btf';
import { at } from '../ir/at.ts';
import type { Hook, Location } from '../ir/types.ts';

/** Texts of source files by the name that locations carry. */
export type Sources = ReadonlyMap<string, string>;

interface Described {
  readonly name: string;
  readonly hook: Hook;
  /** One for each slot. */
  readonly locations: readonly (Location | undefined)[];
  readonly sources: Sources;
}

/** BTF by which the kernel's log and bpftool show the author's lines; undefined if no location is known. */
export function lineInfo({ name, hook, locations, sources }: Described): ProgramSpec['btf'] {
  const first = locations.find((location) => location !== undefined);
  if (first === undefined) return undefined;
  const btf = new BtfBuilder();
  const context = btf.ptr(btf.fwd(hook === 'xdp' ? 'xdp_md' : '__sk_buff'));
  const prototype = btf.funcProto(btf.int('int', 4, 'signed'), [{ name: 'ctx', type: context }]);
  const func = btf.func(identifier(name), prototype);
  const lines: LineInfo[] = [];
  const textOf = lineTexts(sources);
  locations.forEach((known, slot) => {
    const location = known ?? (slot === 0 ? first : undefined);
    const last = lines.at(-1);
    if (location === undefined) return;
    const { file, line, column } = location;
    if (last !== undefined && last.file === file && last.line === line && last.column === column) return;
    lines.push({ slot, file, line, column, text: textOf(location) });
  });
  // The line texts become strings of the BTF, so they go in before it is written.
  const encoded = btf.lineInfo(lines);
  return { types: btf.bytes(), functions: encodeFuncInfo([{ slot: 0, type: func }]), lines: encoded };
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
