// A chain as one program. Where a function goes on, the next one's program is put in place of the tail call; then all is optimised as
// one, so that what an earlier function has seen of a packet is known to those behind. Only likely ways go on like this: the others
// make the tail call that they made before, to the standing program of the next place.
//
//   firewall ──IPv4, allowed──► DPI ──known flow──► balancer ──► out
//      │                         │
//      └─ other ─tail call─►     └─ other ─tail call─►    standing programs
import type { MapType } from '@twinpath/ebpf';
import { PATH } from '../abi/chain.ts';
import { fusedMapName } from '../abi/fused.ts';
import { at } from '../ir/at.ts';
import { ProgramBuilder } from '../ir/builder.ts';
import type { Hook, Numbers, Program } from '../ir/types.ts';
import { removeDeadCode } from '../optimise/dead-code.ts';
import { type Copy, copyBlocks } from './copy-blocks.ts';
import { countWays, type Way } from './count-ways.ts';
import { delayStores } from './delay-stores.ts';
import { inlineParts } from './inline.ts';
import { type FusedNumbers, fuseNumbers } from './numbers.ts';
import type { Part } from './part.ts';
import { skipPulls } from './pull-stages.ts';
import { type FlowMemory, rememberFlows, type Worth } from './remember-flows.ts';
import { decideAllBranches, decideBranches } from './rounds.ts';
import { type Site, sitesOf } from './sites.ts';
import { beginning, step } from './steps.ts';
import { uniteEpochs } from './unite-epochs.ts';
import { unravel, wayCosts } from './unravel.ts';

export interface FuseOptions {
  readonly name: string;
  readonly hook: Hook;
  /** Where packets begin. */
  readonly first: number;
  /** By position. What is not here is called as before. */
  readonly parts: ReadonlyMap<number, Part>;
  /** Instructions of the IR that the whole may have. */
  readonly room?: number | undefined;
  /** That one CPU's memory of flows may have, a power of two; default: 262,144, which are 16 MiB. */
  readonly mostLines?: number;
}

export interface Fused {
  readonly program: Program;
  /** Places whose program is in it. */
  readonly positions: ReadonlySet<number>;
  /** Places that it goes on to by tail calls, though their program is known. */
  readonly left: readonly LeftOut[];
  /** What one packet of each way adds to the functions' counters; `waysMap` counts them. */
  readonly ways: readonly Way[];
  /** Lines that each CPU has in `flowCacheMap`; 0: it remembers nothing. */
  readonly lines: number;
}

export interface LeftOut {
  readonly position: number;
  /** For people. */
  readonly why: string;
}

const ROOM = 8000;
/** Ways out of one function that lead into copies of the next. */
const MOST_WAYS = 4;
/** Beyond the likeliest way. */
const MOST_COST = 4;

export function fuseChain(options: FuseOptions): Fused {
  const { program, relocated, positions, left } = joinParts(options);
  const memory = memoryOf([...options.parts.values()], options.mostLines);
  const settled = step('settle', program, '', () => removeDeadCode(delayStores(decideAllBranches(program))));
  const remembering = rememberFlows({ ...settled, relocated }, memory);
  const { isRemembering } = remembering;
  const lines = isRemembering ? memory.lines : 0;
  return { ...countWays(remembering.program), positions, left, lines };
}

/** How much a lookup costs that need not be done. */
const WORTH: Readonly<Partial<Record<MapType, Worth>>> = { 'lpm-trie': 3, hash: 2, 'lru-hash': 2, array: 1 };
const LEAST_LINES = 4096;
const MOST_LINES = 1 << 18;

/** Twice as many lines as the tables have flows: some share a line. */
function memoryOf(parts: readonly Part[], mostLines = MOST_LINES): FlowMemory {
  const all = parts.flatMap(({ owner, remembers = {} }) =>
    Object.entries(remembers).map(([name, map]) => ({ ...map, name: fusedMapName(owner, name) })),
  );
  const maps = new Map(
    all.flatMap(({ name, type }) => {
      const worth = WORTH[type];
      return worth === undefined ? [] : [[name, worth] as const];
    }),
  );
  const entries = all.flatMap(({ type, maxEntries }) => (type === 'hash' || type === 'lru-hash' ? [maxEntries] : []));
  const lines = 2 ** Math.ceil(Math.log2(2 * Math.max(1, ...entries)));
  return { maps, lines: Math.min(MOST_LINES, mostLines, Math.max(LEAST_LINES, lines)) };
}

interface Joined extends Pick<Fused, 'program' | 'positions' | 'left'> {
  /** Of the program, which is the same whatever they are. */
  readonly relocated: Numbers;
}

/** Each function still counts for itself. */
export function joinParts({ name, hook, first, parts: given, room = ROOM }: FuseOptions): Joined {
  const parts = new Map([...given].map(([position, part]) => [position, decided(part)] as const));
  const numbers = fuseNumbers(parts.values());
  let program = beginning(name, hook, first, () => callOf(name, hook, first));
  const positions = new Set<number>();
  for (let level = 0; level < parts.size; level++) {
    const reserve = reserveFor(program, parts, positions);
    const chosen = chooseSites(program, parts, { left: room - sizeOf(program), reserve });
    if (chosen.length === 0) break;
    for (const { part } of chosen) positions.add(part.position);
    program = join(program, chosen, numbers);
    const ahead = sitesOf(program).filter(({ position }) => parts.has(position));
    if (ahead.length === 0) break;
    // Copies leave functions behind their room; where that is not enough, the next one.
    const rest = room - sizeOf(program);
    const all = reserveFor(program, parts, positions);
    const next = Math.max(...ahead.map(({ position }) => sizeOfPart(parts, position)));
    const left = Math.max(0, rest - (all > rest ? next : all));
    const limits = { room: left / 2, mostCost: cheapest(program, ahead) + MOST_COST };
    const blocks = ahead.map(({ block }) => block);
    const copies = unravel(program, blocks, limits);
    if (copies === undefined) continue;
    const copied = copy(program, copies);
    if (sizeOf(copied) + next <= room) program = copied;
  }
  return { program, relocated: numbers.relocated, positions, left: leftOut(program, parts, positions, room) };
}

type Chosen = ReturnType<typeof chooseSites>;

function join(program: Program, chosen: Chosen, numbers: FusedNumbers): Program {
  const of = chosen.map(({ site: { block, index }, part }) => {
    const names = Object.keys(part.ir.relocated ?? {}).map((name) => numbers.nameIn(part, name));
    return [block, index, part.owner, numberOf(part.ir.blocks), ...names];
  });
  return step('join', program, JSON.stringify(of), () => {
    const joined = uniteEpochs(skipPulls(inlineParts(program, chosen, numbers)));
    return decideBranches(joined);
  });
}

function copy(program: Program, copies: readonly Copy[]): Program {
  const of = JSON.stringify(copies.map(({ of, to }) => [of, ...to.values()]));
  return step('copy', program, of, () => decideBranches(copyBlocks(program, copies)));
}

const partNumbers = new WeakMap<Program['blocks'], number>();
let lastPart = 0;

/** Another one for each part. */
function numberOf(blocks: Program['blocks']): number {
  const number = partNumbers.get(blocks) ?? ++lastPart;
  partNumbers.set(blocks, number);
  return number;
}

/** Room of functions that are behind and not in the program: of the first place of each. */
function reserveFor(program: Program, parts: ReadonlyMap<number, Part>, positions: ReadonlySet<number>): number {
  const owners = new Set([...positions].map((position) => parts.get(position)?.owner));
  const seen = new Set(sitesOf(program).map(({ position }) => position));
  let reserve = 0;
  for (const position of seen) {
    const part = parts.get(position);
    if (part === undefined) continue;
    for (const site of sitesOf(part.ir)) seen.add(site.position);
    if (owners.has(part.owner)) continue;
    owners.add(part.owner);
    reserve += sizeOf(part.ir);
  }
  return reserve;
}

/** What is called as before, and all that only follows there. */
function leftOut(
  program: Program,
  parts: ReadonlyMap<number, Part>,
  positions: ReadonlySet<number>,
  room: number,
): readonly LeftOut[] {
  const found = new Map<number, LeftOut>();
  const add = (from: Program, whyOf: (position: number) => string) => {
    for (const { position } of sitesOf(from)) {
      if (!parts.has(position) || positions.has(position) || found.has(position)) continue;
      found.set(position, { position, why: whyOf(position) });
    }
  };
  const rest = room - sizeOf(program);
  add(program, (position) => {
    const size = sizeOfPart(parts, position);
    return size > rest
      ? `it has ${size} instructions, and of ${room} that the whole may have ${Math.max(0, rest)} are left`
      : 'few packets take a way that leads there';
  });
  for (const position of found.keys()) {
    const part = parts.get(position);
    if (part !== undefined) add(part.ir, () => `it is behind ${part.owner}`);
  }
  return [...found.values()];
}

/** By their blocks: numbers change nothing. */
const decidedParts = new WeakMap<Program['blocks'], Program>();

/** About as large as it will be: what lowering leaves to be decided doubles it, and would not find room. */
function decided(part: Part): Part {
  const ir = decidedParts.get(part.ir.blocks) ?? decideBranches(part.ir);
  decidedParts.set(part.ir.blocks, ir);
  return { ...part, ir: { ...ir, ...(part.ir.relocated && { relocated: part.ir.relocated }) } };
}

/** A program that does nothing but go there. */
function callOf(name: string, hook: Hook, position: number): Program {
  const builder = new ProgramBuilder(name, hook);
  const { entry, context } = builder;
  const array = builder.map(entry, PATH);
  builder.call(entry, 'tail_call', [context, array, builder.constant(entry, BigInt(position))]);
  builder.terminate(entry, { op: 'return', value: builder.constant(entry, 0n) });
  return builder.finish();
}

const sizeOf = ({ blocks }: Program): number =>
  blocks.reduce((sum, { phis, instructions }) => sum + phis.length + instructions.length + 1, 0);

const sizeOfPart = (parts: ReadonlyMap<number, Part>, position: number): number => {
  const part = parts.get(position);
  return part === undefined ? 0 : sizeOf(part.ir);
};

const cheapest = (program: Program, sites: readonly Site[]): number => {
  const costs = wayCosts(program);
  return Math.min(...sites.map(({ block }) => at(costs, block)));
};

interface SiteRoom {
  /** Instructions. */
  readonly left: number;
  /** Of those, what functions that are not in the program need: a second copy of one comes after them. */
  readonly reserve: number;
}

function chooseSites(
  program: Program,
  parts: ReadonlyMap<number, Part>,
  { left, reserve }: SiteRoom,
): readonly { readonly site: Site; readonly part: Part }[] {
  const costs = wayCosts(program);
  const found = sitesOf(program)
    .flatMap((site) => {
      const part = parts.get(site.position);
      return part === undefined ? [] : [{ site, part, cost: at(costs, site.block) }];
    })
    .toSorted((a, b) => a.cost - b.cost);
  const most = (found[0]?.cost ?? 0) + MOST_COST;
  const chosen = new Set<Part>();
  let [free, kept] = [left, reserve];
  return found.slice(0, MOST_WAYS).filter(({ part, cost }) => {
    const size = sizeOf(part.ir);
    const isFirst = !chosen.has(part);
    if (cost > most || size > (isFirst ? free : free - kept)) return false;
    chosen.add(part);
    free -= size;
    if (isFirst) kept = Math.max(0, kept - size);
    return true;
  });
}
