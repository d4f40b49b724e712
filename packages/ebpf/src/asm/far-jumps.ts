import { ENCODINGS } from './encodings.ts';
import type { Instruction, Label } from './instruction.ts';
import { isWide } from './slot.ts';

/** An item with its place in the assembler's input; undefined for what the assembler added. */
export type Line = { readonly item: Instruction | Label; readonly source: number | undefined };

/** How jumps beyond the 16-bit range are made: stepping stones of `ja` on every kernel, or `gotol` since 6.6. */
export type FarJumps = 'reject' | 'trampoline' | 'gotol';

const wideOps: ReadonlySet<string> = new Set(ENCODINGS.filter(({ code }) => isWide(code)).map(({ op }) => op));

/** Slots that an item occupies: 64-bit loads take two, labels none. */
function slotsOf(item: Instruction | Label): 0 | 1 | 2 {
  if (item.op === 'label') return 0;
  return wideOps.has(item.op) ? 2 : 1;
}

/** The slot each line starts at, and one more element: the length of the program. */
export function positionsOf(lines: readonly Line[]): number[] {
  const positions = [0];
  let at = 0;
  for (const { item } of lines) {
    at += slotsOf(item);
    positions.push(at);
  }
  return positions;
}

export function labelPositions(lines: readonly Line[], positions: readonly number[]): Map<string, number> {
  const labels = new Map<string, number>();
  lines.forEach(({ item }, index) => {
    if (item.op === 'label') labels.set(item.name, positions[index] ?? 0);
  });
  return labels;
}

type ShortJump = Extract<Instruction, { target: unknown }> & { readonly target: string };

/** Jumps to a label whose distance must fit the 16-bit off field. */
function isShortJump(item: Instruction | Label): item is ShortJump {
  if (!('target' in item) || typeof item.target !== 'string') return false;
  return item.op !== 'gotol' && item.op !== 'call_sub' && item.op !== 'ld_func';
}

const REACH = 0x7fff;
/** Trampolines are placed short of the full reach, so that those added later do not push them out of it. */
const STRIDE = 0x7000;

/** Rewrites jumps to labels out of reach until every one reaches. The result means the same. */
export function relax(lines: readonly Line[], how: Exclude<FarJumps, 'reject'>): readonly Line[] {
  const stones = new Map<string, string[]>();
  for (let names = 0, current = lines; ; names++) {
    const positions = positionsOf(current);
    const labels = labelPositions(current, positions);
    const far = ({ item }: Line, at: number) => {
      const to = isShortJump(item) ? labels.get(item.target) : undefined;
      return to !== undefined && !reaches(positions[at] ?? 0, to);
    };
    current = current.map((line, at) => (far(line, at) ? viaStone(line, positions[at] ?? 0, stones, labels) : line));
    const index = current.findIndex(far);
    const line = current[index];
    if (!line || !isShortJump(line.item)) return current;
    const { target } = line.item;
    const from = positions[index] ?? 0;
    const name = `far jump ${names}`;
    const jump: Line = { item: { ...line.item, target: name }, source: line.source };
    if (how === 'gotol') {
      current = current.toSpliced(index, 1, ...gotol(line.item, jump, name));
      continue;
    }
    const wanted = from + ((labels.get(target) ?? 0) > from ? STRIDE : -STRIDE);
    const place = positions.findIndex((position) => position >= wanted);
    stones.set(target, [...(stones.get(target) ?? []), name]);
    current = current.with(index, jump).toSpliced(place, 0, ...trampoline(current[place - 1], name, target));
  }
}

/** The jump led over a trampoline that another jump to the same target got, if one lies on the way and within reach. */
function viaStone(
  line: Line,
  from: number,
  stones: ReadonlyMap<string, readonly string[]>,
  labels: ReadonlyMap<string, number>,
): Line {
  if (!isShortJump(line.item)) return line;
  const to = labels.get(line.item.target) ?? 0;
  const stone = stones.get(line.item.target)?.find((name) => {
    const at = labels.get(name) ?? from;
    return reaches(from, at) && (to > from ? from < at && at < to : to < at && at < from);
  });
  return stone === undefined ? line : { item: { ...line.item, target: stone }, source: line.source };
}

function reaches(from: number, to: number): boolean {
  return Math.abs(to - (from + 1)) <= REACH;
}

const added = (item: Instruction | Label): Line => ({ item, source: undefined });
const endsFlow: ReadonlySet<string> = new Set(['ja', 'gotol', 'gotox', 'exit']);

/** A skip is needed only where control falls in from above; the verifier rejects one that is never reached. */
function trampoline(before: Line | undefined, name: string, target: string): Line[] {
  const stone = [added({ op: 'label', name }), added({ op: 'ja', target })];
  if (before && endsFlow.has(before.item.op)) return stone;
  const past = `past ${name}`;
  return [added({ op: 'ja', target: past }), ...stone, added({ op: 'label', name: past })];
}

function gotol(item: ShortJump, jump: Line, name: string): Line[] {
  const long = { op: 'gotol', target: item.target } as const;
  if (item.op === 'ja') return [{ item: long, source: jump.source }];
  const past = `past ${name}`;
  return [
    jump,
    added({ op: 'ja', target: past }),
    added({ op: 'label', name }),
    added(long),
    added({ op: 'label', name: past }),
  ];
}
