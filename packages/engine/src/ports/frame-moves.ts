// What a burst of frames costs the worker besides its program, as loops in WebAssembly: JavaScript takes three times as long.
// Each moves frames from one holder to another as FramePool does, and stops in front of the first that is not where it has to be.
import { contextLayout, REDIRECT, XDP_MD } from '../memory/frame-context.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { Code } from '../wasm/code.ts';
import { type Expr, get, i32, type Local } from '../wasm/expressions.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { type FramePoolImage, HOLDER } from './frame-pool.ts';
import { DESCRIPTOR, OFFSET } from './ring.ts';
import { XDP } from './xdp-verdict.ts';

const { xdp } = contextLayout;

/** All give how many frames they moved. Addresses are bytes. */
export interface FrameMoves {
  /** Frames of a receive ring become the worker's, with XDP contexts from `context` on. */
  receive(
    context: number,
    count: number,
    entries: number,
    first: number,
    mask: number,
    slot: number,
    ifindex: number,
    queue: number,
  ): number;
  /** To a transmit ring, as long as contexts have this verdict, and for a redirect this target. */
  send(
    context: number,
    count: number,
    verdict: number,
    target: number,
    entries: number,
    first: number,
    mask: number,
    slot: number,
  ): number;
  /** Back to the pool, as long as the verdict is to drop. */
  drop(context: number, count: number): number;
  /** From a completion ring back to the pool. */
  complete(entries: number, first: number, mask: number, count: number, slot: number): number;
  /** From the pool, which has so many, to a fill ring. */
  fill(entries: number, first: number, mask: number, count: number, slot: number): number;
}

export function frameMoves(memory: LinearMemory, pool: FramePoolImage): FrameMoves {
  const builder = new ModuleBuilder();
  builder.importMemory('engine', 'memory', memory);
  const writer = new MoveWriter(builder, pool);
  writer.receive();
  writer.send();
  writer.drop();
  writer.complete();
  writer.fill();
  const module = new WebAssembly.Module(builder.finish('frame-moves').bytes);
  const { exports } = new WebAssembly.Instance(module, { engine: { memory: memory.memory } });
  const move = (name: string) => moveOf(exports[name]);
  return {
    receive: move('receive'),
    send: move('send'),
    drop: move('drop'),
    complete: move('complete'),
    fill: move('fill'),
  };
}

type Move = (...given: number[]) => number;
const isMove = (exported: unknown): exported is Move => typeof exported === 'function';
function moveOf(exported: unknown): Move {
  if (isMove(exported)) return exported;
  throw new TypeError('the module of a pool lacks an export');
}

class MoveWriter {
  readonly #builder: ModuleBuilder;
  readonly #pool: FramePoolImage;
  readonly #shift: Expr;

  constructor(builder: ModuleBuilder, pool: FramePoolImage) {
    this.#builder = builder;
    this.#pool = pool;
    this.#shift = i32.const(Math.log2(pool.frameBytes));
  }

  receive(): void {
    const { start, frameBytes } = this.#pool;
    this.#loop('receive', 8, 1, (code, done, stop) => {
      const [context, entries, first, mask, slot, ifindex, queue] = [0, 2, 3, 4, 5, 6, 7];
      const entry = code.keep('i32', ringEntry({ entries, first, mask }, done, DESCRIPTOR));
      const offset = code.keep('i32', i32.load(get(entry)));
      this.#pass(code, offset, get(slot), HOLDER.worker, stop);
      const at = code.keep('i32', i32.add(get(offset), i32.const(start)));
      const head = i32.add(i32.const(start), i32.and(get(offset), i32.const(-frameBytes)));
      const base = code.keep('i32', head);
      const fields: readonly (readonly [field: number, value: Expr])[] = [
        [xdp.data, get(at)],
        [xdp.dataEnd, i32.add(get(at), i32.load(get(entry), 8))],
        [xdp.dataMeta, get(at)],
        [XDP_MD.ingressIfindex, get(ifindex)],
        [XDP_MD.rxQueue, get(queue)],
        [XDP_MD.egressIfindex, i32.const(0)],
        [xdp.head, get(base)],
        [xdp.tail, i32.add(get(base), i32.const(frameBytes))],
        [xdp.trapped, i32.const(0)],
        [xdp.redirectKind, i32.const(REDIRECT.none)],
      ];
      for (const [field, value] of fields) code.add(i32.store(get(context), value, field));
      code.set(context, i32.add(get(context), i32.const(xdp.stride)));
    });
  }

  send(): void {
    this.#loop('send', 8, 1, (code, done, stop) => {
      const [context, verdict, target, entries, first, mask, slot] = [0, 2, 3, 4, 5, 6, 7];
      const field = (offset: number) => i32.load(get(context), offset);
      stop(i32.ne(field(xdp.verdict), get(verdict)));
      const isElsewhere = i32.or(
        i32.ne(field(xdp.redirectTarget), get(target)),
        i32.eq(field(xdp.redirectKind), i32.const(REDIRECT.broadcast)),
      );
      stop(i32.and(i32.eq(get(verdict), i32.const(XDP.redirect)), isElsewhere));
      const offset = code.keep('i32', i32.sub(field(xdp.data), i32.const(this.#pool.start)));
      this.#pass(code, offset, i32.const(HOLDER.worker), get(slot), stop);
      const entry = code.keep('i32', ringEntry({ entries, first, mask }, done, DESCRIPTOR));
      code.add(
        i32.store(get(entry), get(offset)),
        i32.store(get(entry), i32.const(0), 4),
        i32.store(get(entry), i32.sub(field(xdp.dataEnd), field(xdp.data)), 8),
        i32.store(get(entry), i32.const(0), 12),
      );
      code.set(context, i32.add(get(context), i32.const(xdp.stride)));
    });
  }

  drop(): void {
    this.#loop('drop', 2, 1, (code, _, stop) => {
      const context = 0;
      stop(i32.ne(i32.load(get(context), xdp.verdict), i32.const(XDP.drop)));
      const offset = code.keep('i32', i32.sub(i32.load(get(context), xdp.data), i32.const(this.#pool.start)));
      this.#give(code, offset, i32.const(HOLDER.worker), stop);
      code.set(context, i32.add(get(context), i32.const(xdp.stride)));
    });
  }

  complete(): void {
    this.#loop('complete', 5, 3, (code, done, stop) => {
      const [entries, first, mask, slot] = [0, 1, 2, 4];
      const offset = code.keep('i32', i32.load(ringEntry({ entries, first, mask }, done, OFFSET)));
      this.#give(code, offset, get(slot), stop);
    });
  }

  fill(): void {
    const { spare, holders } = this.#pool;
    this.#loop('fill', 5, 3, (code, done) => {
      const [entries, first, mask, slot] = [0, 1, 2, 4];
      const free = code.keep('i32', i32.load(i32.const(spare)));
      const frame = code.keep('i32', i32.load(i32.shl(get(free), i32.const(2)), spare));
      code.add(i32.store(i32.const(spare), i32.sub(get(free), i32.const(1))));
      code.add(i32.store8(get(frame), get(slot), holders));
      const entry = code.keep('i32', ringEntry({ entries, first, mask }, done, OFFSET));
      code.add(i32.store(get(entry), i32.shl(get(frame), this.#shift)), i32.store(get(entry), i32.const(0), 4));
    });
  }

  /** A function that goes round as often as its parameter `count` says, or until `stop` holds; gives the rounds. */
  #loop(
    name: string,
    parameters: number,
    count: Local,
    round: (code: Code, done: Local, stop: (condition: Expr) => void) => void,
  ): void {
    const number = this.#builder.declare(this.#builder.type(Array<'i32'>(parameters).fill('i32'), ['i32']));
    const code = new Code(parameters);
    const done = code.local('i32');
    code.block((end) => {
      code.loop((next) => {
        code.brIf(end, i32.ge_s(get(done), get(count)));
        round(code, done, (condition) => code.brIf(end, condition));
        code.set(done, i32.add(get(done), i32.const(1)));
        code.br(next);
      });
    });
    code.return(get(done));
    code.unreachable();
    this.#builder.define(number, code);
    this.#builder.export(name, number);
  }

  /** Stops in front of a frame that `from` does not hold; gives its number. */
  #pass(code: Code, offset: Local, from: Expr, to: Expr | number, stop: (condition: Expr) => void): Local {
    const frame = code.keep('i32', i32.shr_u(get(offset), this.#shift));
    stop(i32.ne(i32.load8_u(get(frame), this.#pool.holders), from));
    code.add(i32.store8(get(frame), typeof to === 'number' ? i32.const(to) : to, this.#pool.holders));
    return frame;
  }

  #give(code: Code, offset: Local, from: Expr, stop: (condition: Expr) => void): void {
    const { spare } = this.#pool;
    const frame = this.#pass(code, offset, from, HOLDER.nobody, stop);
    const free = code.keep('i32', i32.add(i32.load(i32.const(spare)), i32.const(1)));
    code.add(i32.store(i32.const(spare), get(free)));
    code.add(i32.store(i32.shl(get(free), i32.const(2)), get(frame), spare));
  }
}

/** i32: address of an entry of so many words (a power of two). */
function ringEntry(
  { entries, first, mask }: { readonly entries: Local; readonly first: Local; readonly mask: Local },
  index: Local,
  words: number,
): Expr {
  const number = i32.and(i32.add(get(first), get(index)), get(mask));
  return i32.add(get(entries), i32.shl(number, i32.const(words + 2)));
}
