// Remembers for each flow what lookups said. A chain's functions look up, packet by packet, tables that change seldom, with keys that
// are the flow's own: which rule it matches, which server it was given. A cache of the fused program's own has a line for a flow: its key,
// the sum of the write generations of all these tables' functions, which lookups went the likely way, and what they found.
//
//   line = cache[hash of the key] ── other flow, other generation ──► it is this flow's from now on, and knows nothing
//     │
//   known? ──yes────────────────────────────────► fields of the entry from the line
//     └──no──► lookup ── likely way ──► keep ──►──┘
//                └──── other way ──► as before, nothing is kept
//
// Each CPU has lines of its own, so no packet sees one that another is writing.
import { FLOW_CACHE } from '../abi/chain.ts';
import { FLOW_LINE, fusedMapName } from '../abi/fused.ts';
import { STATE } from '../abi/state.ts';
import { RETURN_CODES } from '../frontend/intrinsics/return-codes.ts';
import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import { hasEffect } from '../ir/operands.ts';
import type { BlockId, Instruction, Program, ValueId, Width } from '../ir/types.ts';
import { Edit, Writer } from './edit.ts';
import { FlowPoint, type Input, type SiteKey } from './flow-key.ts';
import { type Load, lookupSites, type Site } from './lookup-sites.ts';
import { writesOf } from './note-writes.ts';
import { movesOn } from './sites.ts';
import { wayCosts } from './unravel.ts';

/** How much a lookup costs: what it is worth to do without. */
export type Worth = 1 | 2 | 3;

export interface FlowMemory {
  /** By what the fused program calls them: maps whose entries no program writes in place, and whose other writes all raise the
   *  generation of their function (`STATE.writes`). */
  readonly maps: ReadonlyMap<string, Worth>;
  /** Lines of each CPU, a power of two. */
  readonly lines: number;
}

/** What a line costs that is found, in the same measure. */
const LEAST_WORTH = 3;
const MOST_POINTS = 8;
const MOST_KNOWN = 32;

export interface Remembering {
  readonly program: Program;
  /** There is something to be remembered: it asks for the map `FLOW_CACHE`. */
  readonly isRemembering: boolean;
}

export function rememberFlows(program: Program, { maps, lines }: FlowMemory): Remembering {
  const graph = graphOf(program);
  const sites = lookupSites(program, new Set(maps.keys()));
  const costs = wayCosts(program);
  const worth = ({ map }: Site): number => maps.get(map) ?? 0;
  const ways = new Ways(program, graph);
  const taken = new Set<Site>();
  const points: Point[] = [];
  for (const first of sites.toSorted((a, b) => at(costs, a.block) - at(costs, b.block) || order(graph, a, b))) {
    if (points.length === MOST_POINTS || taken.has(first)) continue;
    const free = sites.filter((site) => !taken.has(site));
    const point = new Planning(program, ways, first, points.length + 1).plan(free);
    const texts = new Map(point.sites.map(({ site, text }) => [text, worth(site)] as const));
    if ([...texts.values()].reduce((sum, one) => sum + one, 0) < LEAST_WORTH) continue;
    points.push(point);
    for (const { site } of point.sites) taken.add(site);
  }
  if (points.length === 0) return { program, isRemembering: false };
  const edit = new Edit(program);
  const key = edit.slot('number of a line', 4);
  for (const point of points) new Weaving({ program, graph, edit, key, lines }, point).run();
  return { program: edit.finish(), isRemembering: true };
}

const order = (graph: Graph, a: Site, b: Site) => graph.order.indexOf(a.block) - graph.order.indexOf(b.block);

interface Known {
  readonly site: Site;
  /** Which bit of the line says that it is known, and where fields of the entry lie in the line. */
  readonly bit: number;
  readonly text: string;
  /** Where packets go on. */
  readonly likely: BlockId;
  /** By `offset:width` in the entry. */
  readonly fields: ReadonlyMap<string, number>;
}

/** Where a flow's line is found, and what is remembered behind. */
interface Point {
  readonly first: Site;
  readonly number: number;
  readonly words: readonly (readonly Input[])[];
  readonly sites: readonly Known[];
}

/** Where packets may have been, and where they may go. */
class Ways {
  readonly #program: Program;
  readonly #graph: Graph;
  /** By the beginning of its maps' names. */
  readonly #beforeOthers = new Map<string, ReadonlySet<BlockId>>();
  readonly #behindWrites = new Map<string, ReadonlySet<BlockId>>();
  readonly #maps: ReadonlyMap<ValueId, string>;
  readonly #constants: ReadonlyMap<ValueId, number>;
  readonly #writes: ReadonlyMap<Instruction, string>;
  readonly #writtenInside: ReadonlySet<string>;

  constructor(program: Program, graph: Graph) {
    this.#program = program;
    this.#graph = graph;
    this.#writes = writesOf(program);
    this.#writtenInside = new Set((program.subprograms ?? []).flatMap((one) => [...writesOf(one).values()]));
    this.#constants = new Map(
      program.blocks.flatMap(({ instructions }) =>
        instructions.flatMap((one) => (one.op === 'constant' ? [[one.result, Number(one.value)] as const] : [])),
      ),
    );
    this.#maps = new Map(
      program.blocks.flatMap(({ instructions }) =>
        instructions.flatMap((one) => (one.op === 'map' ? [[one.result, one.name] as const] : [])),
      ),
    );
  }

  /** To where other functions follow; or to where packets are not dropped, and if they never are, to where there is an entry.
   *  `undefined`: other ways lead there, too. */
  likelySide({ map, found, missing }: Site): BlockId | undefined {
    const on = this.#leadingToOthers(map.slice(0, map.lastIndexOf('/') + 1));
    const isSame = on.has(found) === on.has(missing);
    const isFound = isSame ? !this.#isDropped(found) || this.#isDropped(missing) : on.has(found);
    const likely = isFound ? found : missing;
    const isOnlyWay = at(this.#graph.predecessors, likely).length === 1;
    return isOnlyWay && at(this.#program.blocks, likely).phis.length === 0 ? likely : undefined;
  }

  /** Whatever comes there. */
  #isDropped(from: BlockId): boolean {
    const ends = [...closure([from], (block) => at(this.#graph.successors, block))];
    return ends.every((block) => {
      const { terminator } = at(this.#program.blocks, block);
      if (terminator.op !== 'return') return true;
      const code = this.#constants.get(terminator.value);
      return code === RETURN_CODES[this.#program.hook].drop;
    });
  }

  /** The packet itself may have changed the table on its way there. */
  isBehindWrite({ map, block }: Site): boolean {
    if (this.#writtenInside.has(map)) return true;
    const known = this.#behindWrites.get(map) ?? this.#from(map);
    this.#behindWrites.set(map, known);
    return known.has(block);
  }

  #from(map: string): ReadonlySet<BlockId> {
    const writing = (one: Instruction) => this.#writes.get(one) === map;
    return closure(this.#blocksWith(writing), (block) => at(this.#graph.successors, block));
  }

  #leadingToOthers(owner: string): ReadonlySet<BlockId> {
    const isOther = (one: Instruction): boolean => {
      if (one.op !== 'call') return false;
      const name = this.#maps.get(one.arguments[0] ?? -1);
      return movesOn(one) || (name?.includes('/') === true && !name.startsWith(owner));
    };
    const known =
      this.#beforeOthers.get(owner) ??
      closure(this.#blocksWith(isOther), (block) => at(this.#graph.predecessors, block));
    this.#beforeOthers.set(owner, known);
    return known;
  }

  #blocksWith(wanted: (one: Instruction) => boolean): readonly BlockId[] {
    return this.#graph.order.filter((block) => at(this.#program.blocks, block).instructions.some(wanted));
  }
}

function closure(first: readonly BlockId[], next: (block: BlockId) => readonly BlockId[]): ReadonlySet<BlockId> {
  const found = new Set(first);
  for (const block of found) for (const other of next(block)) found.add(other);
  return found;
}

interface Asked {
  readonly site: Site;
  readonly key: SiteKey;
  readonly likely: BlockId;
}

class Planning {
  readonly #program: Program;
  readonly #ways: Ways;
  readonly #first: Site;
  readonly #number: number;

  constructor(program: Program, ways: Ways, first: Site, number: number) {
    this.#program = program;
    this.#ways = ways;
    this.#first = first;
    this.#number = number;
  }

  plan(sites: readonly Site[]): Point {
    const point = new FlowPoint(this.#program, this.#first);
    const inputs = new Map<string, Input>();
    const found = sites.flatMap((site) => {
      const key = this.#ways.isBehindWrite(site) ? undefined : point.keyOf(site);
      const likely = this.#ways.likelySide(site);
      return key === undefined || likely === undefined ? [] : [{ site, key, likely }];
    });
    const kept = found.filter(({ key }) => {
      const together = new Map([...inputs, ...key.inputs]);
      if (packed([...together.values()]).length > MOST_WORDS) return false;
      for (const [text, input] of key.inputs) inputs.set(text, input);
      return true;
    });
    const words = packed([...inputs.values()]);
    return { first: this.#first, number: this.#number, words, sites: this.#placed(kept, headOf(words.length).size) };
  }

  /** Gives each a bit and room for fields; equal lookups on different ways share them. */
  #placed(found: readonly Asked[], start: number): readonly Known[] {
    const bits = new Map<string, number>();
    const places = new Map<string, number>();
    let end = start;
    return found.flatMap(({ site, key, likely }) => {
      const text = `${likely === site.found ? 'found' : 'missing'} ${key.text}`;
      const fields = new Map<string, number>();
      let size = end;
      const fresh = new Map<string, number>();
      for (const { load } of likely === site.found ? site.loads : []) {
        const field = fieldOf(load);
        const place = places.get(`${text} ${field}`) ?? fresh.get(field);
        const bytes = load.width / 8;
        const offset = place ?? Math.ceil(size / bytes) * bytes;
        if (place === undefined) {
          size = offset + bytes;
          fresh.set(field, offset);
        }
        fields.set(field, offset);
      }
      const bit = bits.get(text) ?? bits.size;
      if (size > FLOW_LINE || bit >= MOST_KNOWN) return [];
      end = size;
      for (const [field, offset] of fresh) places.set(`${text} ${field}`, offset);
      bits.set(text, bit);
      return [{ site, bit, text, likely, fields }];
    });
  }
}

const fieldOf = ({ offset, width }: Load): string => `${offset}:${width}`;

const MOST_WORDS = 5;

/** Inputs side by side in words of 64 bits, the wide ones first. The last has room for the point's number. */
function packed(inputs: readonly Input[]): readonly (readonly Input[])[] {
  const words: { inputs: Input[]; bits: number }[] = [];
  for (const input of inputs.toSorted((a, b) => b.width - a.width)) {
    const word = words.find(({ bits }) => bits + input.width <= 64);
    if (word === undefined) words.push({ inputs: [input], bits: input.width });
    else {
      word.inputs.push(input);
      word.bits += input.width;
    }
  }
  if (!words.some(({ bits }) => bits + NUMBER_BITS <= 64)) words.push({ inputs: [], bits: 0 });
  return words.toSorted((a, b) => b.bits - a.bits).map((word) => word.inputs);
}

const NUMBER_BITS = 8;

/** Of a line: words of the key, the generation, what is known. */
const headOf = (words: number) => ({ generation: 8 * words, known: 8 * words + 8, size: 8 * words + 12 });

interface Context {
  readonly program: Program;
  readonly graph: Graph;
  readonly edit: Edit;
  /** The slot of a line's number. */
  readonly key: number;
  readonly lines: number;
}

class Weaving {
  readonly #context: Context;
  readonly #point: Point;
  readonly #head: ReturnType<typeof headOf>;

  constructor(context: Context, point: Point) {
    this.#context = context;
    this.#point = point;
    this.#head = headOf(point.words.length);
  }

  run(): void {
    const { edit, graph } = this.#context;
    const { sites, first } = this.#point;
    const line = edit.pointer(`value ${FLOW_CACHE}`);
    const inOrder = sites.toSorted((a, b) => order(graph, a.site, b.site));
    for (const known of inOrder) for (const load of known.site.loads) this.#fromLine(known, load, line);
    const done = new Set<Known>();
    for (const known of inOrder) {
      if (done.has(known)) continue;
      const run = this.#runFrom(known, inOrder);
      for (const one of run) done.add(one);
      this.#skip(run, line, known.site === first);
    }
  }

  /** Lookups one behind the other with nothing between but what may as well be before: they are known together. */
  #runFrom(first: Known, all: readonly Known[]): readonly Known[] {
    const run = [first];
    for (let last = first; ; ) {
      const next = all.find(({ site }) => site.block === last.likely);
      if (next === undefined || at(this.#context.graph.predecessors, last.likely).length !== 1) return run;
      const { instructions, phis } = at(this.#context.program.blocks, last.likely);
      const rest = instructions.filter((one) => !next.site.own.has(one));
      // Fields of an entry that one of them has found are none of that.
      const isFree = (one: Instruction) => !hasEffect(one) && one.op !== 'load-pointer' && this.#isPacketOrNone(one);
      if (phis.length > 0 || !rest.every(isFree)) return run;
      run.push(next);
      last = next;
    }
  }

  #isPacketOrNone(one: Instruction): boolean {
    if (one.op !== 'load') return true;
    const type = at(this.#context.program.values, one.address);
    return type.kind === 'pointer' && type.region === 'packet';
  }

  #skip(run: readonly Known[], line: ValueId, isFirst: boolean): void {
    const { edit } = this.#context;
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined) return;
    const start = first.site.block;
    const block = at(edit.blocks, start);
    // Lookups get blocks of their own; all else of theirs goes before.
    const asking = edit.split(start, block.instructions.length);
    const move = (from: BlockId, own: ReadonlySet<Instruction>, to: BlockId) => {
      const source = at(edit.blocks, from);
      const [kept, moved] = [
        source.instructions.filter((one) => !own.has(one)),
        source.instructions.filter((one) => own.has(one)),
      ];
      source.instructions = from === start ? kept : [];
      if (from !== start) block.instructions.push(...kept);
      at(edit.blocks, to).instructions.push(...moved);
    };
    const ends = run.map(({ site }, index) => {
      const to = index === 0 ? asking : site.block;
      move(site.block, site.own, to);
      return to;
    });
    const end = at(ends, ends.length - 1);
    const keeping = edit.between(end, last.likely);
    this.#keep(run, line, keeping);
    const begin = isFirst ? this.#findLine(start, line) : start;
    const writer = new Writer(edit, at(edit.blocks, begin).instructions);
    const mask = writer.constant(maskOf(run));
    const known = writer.alu('and', writer.load(line, this.#head.known, 32), mask);
    const condition = writer.compare('eq', known, mask);
    at(edit.blocks, begin).terminator = {
      op: 'branch',
      condition,
      then: last.likely,
      otherwise: asking,
      likely: 'then',
    };
  }

  /** What the lookups have found. */
  #keep(run: readonly Known[], line: ValueId, block: BlockId): void {
    const { edit } = this.#context;
    const writer = new Writer(edit, at(edit.blocks, block).instructions);
    for (const { site, fields } of run) {
      for (const [field, place] of fields) {
        const [offset = 0, width] = field.split(':').map(Number);
        writer.store(line, place, widthOf(width), writer.load(site.call.result, offset, widthOf(width)));
      }
    }
    const known = writer.alu('or', writer.load(line, this.#head.known, 32), writer.constant(maskOf(run)));
    writer.store(line, this.#head.known, 32, known);
  }

  /** Behind the lookup the line has the fields, whether it had them before or not. */
  #fromLine({ fields }: Known, { block, load }: Site['loads'][number], line: ValueId): void {
    const place = fields.get(fieldOf(load));
    if (place === undefined) return;
    const within = at(this.#context.edit.blocks, block);
    within.instructions = within.instructions.map((one) =>
      one === load ? { ...load, address: line, offset: place } : one,
    );
  }

  /** At the end of a block. Gives the block that goes on with the flow's line. */
  #findLine(start: BlockId, line: ValueId): BlockId {
    const { edit, program, key, lines } = this.#context;
    const next = edit.add({ op: 'return', value: program.context });
    const block = at(edit.blocks, start);
    const writer = new Writer(edit, block.instructions);
    const words = this.#words(writer);
    const number = this.#hash(writer, words);
    const first = writer.alu('mul', writer.call('get_smp_processor_id'), writer.constant(BigInt(lines)));
    writer.store(writer.stack(key), 0, 32, writer.alu('add', first, number));
    const generation = this.#generation(writer);
    writer.lookup(FLOW_CACHE, key, line);
    const isThere = writer.compare('ne', line, writer.constant(0n));
    const comparing = edit.add({ op: 'jump', target: next });
    const failing = edit.add({ op: 'return', value: line });
    const failed = new Writer(edit, at(edit.blocks, failing).instructions);
    at(edit.blocks, failing).terminator = {
      op: 'return',
      value: failed.constant(BigInt(RETURN_CODES[program.hook].aborted)),
    };
    block.terminator = { op: 'branch', condition: isThere, then: comparing, otherwise: failing, likely: 'then' };
    const compare = new Writer(edit, at(edit.blocks, comparing).instructions);
    const wanted = [...words, generation];
    const differences = wanted.map((word, index) => compare.alu('xor', compare.load(line, 8 * index, 64), word));
    const [one = generation, ...others] = differences;
    const all = others.reduce((sum, other) => compare.alu('or', sum, other), one);
    const condition = compare.compare('eq', all, compare.constant(0n));
    const taking = edit.add({ op: 'jump', target: next });
    at(edit.blocks, comparing).terminator = { op: 'branch', condition, then: next, otherwise: taking, likely: 'then' };
    const take = new Writer(edit, at(edit.blocks, taking).instructions);
    for (const [index, word] of wanted.entries()) take.store(line, 8 * index, 64, word);
    take.store(line, this.#head.known, 32, take.constant(0n));
    return next;
  }

  /** A line's number. Once more mixed: addresses differ in few bits, and one multiplication would leave most lines empty. */
  #hash(writer: Writer, words: readonly ValueId[]): ValueId {
    const products = words.map((word, index) => writer.alu('mul', word, writer.constant(at(FACTORS, index))));
    const sum = products.reduce((all, product) => writer.alu('add', all, product));
    const folded = writer.alu('xor', sum, writer.alu('shr', sum, writer.constant(32n)));
    const mixed = writer.alu('mul', folded, writer.constant(at(FACTORS, 1)));
    return writer.alu('shr', mixed, writer.constant(BigInt(64 - Math.log2(this.#context.lines))));
  }

  #words(writer: Writer): readonly ValueId[] {
    const { words, number } = this.#point;
    return words.map((inputs, index) => {
      let shift = 0;
      let word: ValueId | undefined;
      const add = (value: ValueId, width: number) => {
        const moved = shift === 0 ? value : writer.alu('shl', value, writer.constant(BigInt(shift)));
        word = word === undefined ? moved : writer.alu('or', word, moved);
        shift += width;
      };
      for (const { value, width, hoisted } of inputs) {
        add(hoisted === undefined ? value : writer.load(hoisted.address, hoisted.offset, hoisted.width), width);
      }
      // The last word has room for it.
      if (index === words.length - 1) add(writer.constant(BigInt(number)), NUMBER_BITS);
      return word ?? writer.constant(0n);
    });
  }

  /** Generations only grow: their sum is the same if each is. */
  #generation(writer: Writer): ValueId {
    const owners = new Set(this.#point.sites.map(({ site }) => site.map.slice(0, site.map.lastIndexOf('/'))));
    const [first, ...others] = [...owners].map((owner) =>
      writer.load(writer.element(fusedMapName(owner, STATE.map), 0), STATE.writes, 64),
    );
    if (first === undefined) throw new Error('a point has a lookup');
    return others.reduce((sum, other) => writer.alu('add', sum, other), first);
  }
}

const maskOf = (run: readonly Known[]): bigint => run.reduce((mask, { bit }) => mask | (1n << BigInt(bit)), 0n);

/** Odd, with bits all over. */
const FACTORS = [
  0x9e3779b97f4a7c15n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0xd6e8feb86659fd93n,
  0xa0761d6478bd642fn,
].map((factor) => BigInt.asIntN(64, factor));

function widthOf(bits: number | undefined): Width {
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return bits;
  throw new RangeError(`no load has ${bits} bits`);
}
