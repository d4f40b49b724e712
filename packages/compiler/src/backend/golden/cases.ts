// Small programs, each about one thing that the code generator or the optimiser does. Maps are those of the fuzzer.

import { callLongLoops } from '../../frontend/long-loops/call-long-loops.ts';
import { ProgramBuilder } from '../../ir/builder.ts';
import type { BlockId, Hook, Program, Region, ValueId } from '../../ir/types.ts';

interface Case {
  /** A sentence; also the name of the file with the listing. */
  readonly title: string;
  readonly program: Program;
}

/** Builds a program whose `bounds` checks leave by one block that returns 0. */
class Sketch {
  readonly builder: ProgramBuilder;
  /** Where instructions go. */
  here: BlockId;
  readonly start: ValueId;
  readonly #exit: BlockId;

  constructor(title: string, hook: Hook) {
    this.builder = new ProgramBuilder(title, hook);
    this.here = this.builder.entry;
    this.start = this.builder.packetStart(this.here, 0);
    this.#exit = this.builder.block();
    this.builder.terminate(this.#exit, { op: 'return', value: this.builder.constant(this.#exit, 0n) });
  }

  constant(value: bigint | number): ValueId {
    return this.builder.constant(this.here, BigInt(value));
  }

  alu(operation: Parameters<ProgramBuilder['alu']>[1], left: ValueId, right: ValueId | bigint): ValueId {
    return this.builder.alu(this.here, operation, left, typeof right === 'bigint' ? this.constant(right) : right);
  }

  compare(relation: Parameters<ProgramBuilder['compare']>[1], left: ValueId, right: ValueId | bigint): ValueId {
    return this.builder.compare(this.here, relation, left, typeof right === 'bigint' ? this.constant(right) : right);
  }

  /** Goes on where the packet has so many bytes behind the pointer. */
  bounds(size: number, pointer = this.start): void {
    const then = this.builder.block();
    this.builder.terminate(this.here, { op: 'in-packet', pointer, size, epoch: 0, then, otherwise: this.#exit });
    this.here = then;
  }

  load(offset: number, width: 8 | 16 | 32 | 64, pointer = this.start): ValueId {
    return this.builder.load(this.here, pointer, offset, width);
  }

  /** Goes on where the condition holds; gives the block where it does not. */
  branch(condition: ValueId, likely?: 'then' | 'otherwise'): BlockId {
    const [then, otherwise] = [this.builder.block(), this.builder.block()];
    this.builder.terminate(this.here, { op: 'branch', condition, then, otherwise, ...(likely && { likely }) });
    this.here = then;
    return otherwise;
  }

  jump(target: BlockId): void {
    this.builder.terminate(this.here, { op: 'jump', target });
  }

  call(helper: string, values: readonly ValueId[], region?: Region): ValueId {
    return this.builder.call(this.here, helper, values, region && { kind: 'pointer', region });
  }

  /** Looks up an entry of the map `hash`; goes on where there is one. */
  lookup(key: ValueId): ValueId {
    const found = this.call('map_lookup_elem', [this.builder.map(this.here, 'hash'), key], 'value hash');
    this.returnFrom(this.branch(this.compare('ne', found, 0n)), 7n);
    return found;
  }

  return(value: ValueId): void {
    this.builder.terminate(this.here, { op: 'return', value });
  }

  /** What `turn` makes of a value in the end: by a callback, as there might be a thousand rounds. */
  repeat(times: bigint, start: ValueId, turn: (last: ValueId, round: ValueId) => ValueId): ValueId {
    const { builder } = this;
    const [head, body, out] = [builder.block(), builder.block(), builder.block()];
    const before = this.here;
    const [zero, one] = [this.constant(0), this.constant(1)];
    this.jump(head);
    const [value, round] = [builder.phi(head, []), builder.phi(head, [])];
    this.here = head;
    const condition = this.compare('ult', round, times);
    builder.terminate(head, { op: 'branch', condition, then: body, otherwise: out });
    this.here = body;
    const next = turn(value, round);
    const nextRound = this.alu('add', round, one);
    const end = this.here;
    this.jump(head);
    const inputs = (first: ValueId, again: ValueId) => [
      { block: before, value: first },
      { block: end, value: again },
    ];
    builder.completePhi(head, value, inputs(start, next));
    builder.completePhi(head, round, inputs(zero, nextRound));
    builder.limitRounds(head, 1001);
    this.here = out;
    return value;
  }

  returnFrom(block: BlockId, value: bigint): void {
    this.builder.terminate(block, { op: 'return', value: this.builder.constant(block, value) });
  }
}

const sketches: Readonly<Record<string, (sketch: Sketch) => void>> = {
  'returns a constant': (s) => s.return(s.constant(2)),

  'compares a network-order field with a swapped constant': (s) => {
    s.bounds(14);
    const type = s.builder.swap(s.here, s.load(12, 16), 16);
    s.returnFrom(s.branch(s.compare('eq', type, 0x800n)), 1n);
    s.return(s.constant(2));
  },

  'tests bits of a swapped field in one instruction': (s) => {
    s.bounds(34);
    const fragment = s.builder.swap(s.here, s.load(20, 16), 16);
    s.returnFrom(s.branch(s.compare('eq', s.alu('and', fragment, 0x3fffn), 0n)), 1n);
    s.return(s.constant(2));
  },

  'checks Ethernet and IPv4 headers at once': (s) => {
    s.bounds(14);
    const type = s.load(12, 16);
    s.bounds(34);
    s.return(s.alu('add', s.load(23, 8), type));
  },

  'keeps two checks where an effect stands between them': (s) => {
    s.bounds(14);
    s.builder.store(s.here, s.start, 0, 8, s.constant(1));
    s.bounds(34);
    s.return(s.load(23, 8));
  },

  'finds the transport header behind IPv4 options': (s) => {
    s.bounds(34);
    const length = s.alu('shl', s.alu('and', s.load(14, 8), 15n), 2n);
    const ip = s.builder.offset(s.here, s.start, s.constant(14));
    const transport = s.builder.offset(s.here, ip, length);
    s.bounds(8, transport);
    s.return(s.builder.swap(s.here, s.load(2, 16, transport), 16));
  },

  'bounds an offset again behind a swap': (s) => {
    s.bounds(34);
    const offset = s.builder.swap(s.here, s.alu('and', s.load(16, 16), 0xff3fn), 16);
    const there = s.builder.offset(s.here, s.start, offset);
    s.bounds(1, there);
    s.return(s.load(0, 8, there));
  },

  'guards an offset of any 16 bits': (s) => {
    s.bounds(34);
    const there = s.builder.offset(s.here, s.start, s.builder.swap(s.here, s.load(16, 16), 16));
    s.bounds(4, there);
    s.return(s.load(0, 32, there));
  },

  'makes the verifier forget of what an offset is the sum': (s) => {
    s.bounds(34);
    const field = s.load(16, 32);
    const by = s.alu('sub', field, 0x7fff_ffffn);
    s.builder.store(s.here, s.start, 20, 32, field);
    s.returnFrom(s.branch(s.compare('ult', by, 98n)), 1n);
    const there = s.builder.offset(s.here, s.start, by);
    s.bounds(4, there);
    s.return(s.alu('add', s.load(0, 32, there), field));
  },

  'builds a key in whole words': (s) => {
    s.bounds(42);
    const key = s.builder.stack(s.here, s.builder.slot(8, 'key'));
    s.builder.store(s.here, key, 0, 16, s.load(34, 16));
    s.builder.store(s.here, key, 2, 16, s.load(36, 16));
    s.builder.store(s.here, key, 4, 8, s.load(23, 8));
    s.builder.store(s.here, key, 5, 8, s.constant(0));
    s.builder.store(s.here, key, 6, 16, s.constant(0));
    const found = s.lookup(key);
    s.return(s.load(0, 8, found));
  },

  'adds to a counter of a table': (s) => {
    const key = s.builder.stack(s.here, s.builder.slot(8, 'key'));
    s.builder.store(s.here, key, 0, 64, s.constant(3));
    const found = s.lookup(key);
    s.builder.store(s.here, found, 8, 64, s.alu('add', s.load(8, 64, found), 1n));
    s.return(s.constant(2));
  },

  'adds atomically without asking for the old value': (s) => {
    const out = s.builder.mapValue(s.here, 'out', 16);
    s.builder.atomic(s.here, 'add', { address: out, offset: 8, width: 64 }, s.constant(5));
    const old = s.builder.atomic(s.here, 'exchange', { address: out, offset: 0, width: 32 }, s.constant(9));
    s.return(old);
  },

  'turns two values round in a loop': (s) => {
    s.bounds(16);
    const [first, second] = [s.load(0, 8), s.load(1, 8)];
    const zero = s.constant(0);
    const before = s.here;
    const [head, body, done] = [s.builder.block(), s.builder.block(), s.builder.block()];
    s.jump(head);
    const [a, b, i] = [s.builder.phi(head, []), s.builder.phi(head, []), s.builder.phi(head, [])];
    s.here = head;
    const more = s.compare('ult', i, 5n);
    s.builder.terminate(head, { op: 'branch', condition: more, then: body, otherwise: done });
    s.here = body;
    const next = s.alu('add', i, 1n);
    s.jump(head);
    s.builder.completePhi(head, a, [
      { block: before, value: first },
      { block: body, value: b },
    ]);
    s.builder.completePhi(head, b, [
      { block: before, value: second },
      { block: body, value: a },
    ]);
    s.builder.completePhi(head, i, [
      { block: before, value: zero },
      { block: body, value: next },
    ]);
    s.here = done;
    s.return(s.alu('sub', a, b));
  },

  'turns three values round in a loop with a call': (s) => {
    s.bounds(16);
    const values = [s.load(0, 8), s.load(1, 8), s.load(2, 8)] as const;
    const zero = s.constant(0);
    const before = s.here;
    const [head, body, done] = [s.builder.block(), s.builder.block(), s.builder.block()];
    s.jump(head);
    const phi = () => s.builder.phi(head, []);
    const [a, b, c, i] = [phi(), phi(), phi(), phi()];
    s.here = head;
    const more = s.compare('ult', i, 4n);
    s.builder.terminate(head, { op: 'branch', condition: more, then: body, otherwise: done });
    s.here = body;
    s.call('ktime_get_ns', []);
    const next = s.alu('add', i, 1n);
    s.jump(head);
    const complete = (result: ValueId, entering: ValueId, again: ValueId) =>
      s.builder.completePhi(head, result, [
        { block: before, value: entering },
        { block: body, value: again },
      ]);
    complete(a, values[0], b);
    complete(b, values[1], c);
    complete(c, values[2], a);
    complete(i, zero, next);
    s.here = done;
    s.return(s.alu('add', s.alu('shl', a, 16n), s.alu('add', s.alu('shl', b, 8n), c)));
  },

  'keeps six values across a call': (s) => {
    s.bounds(48);
    const values = [0, 8, 16, 24, 32, 40].map((offset) => s.load(offset, 64));
    s.call('ktime_get_ns', []);
    s.return(values.reduce((sum, value) => s.alu('xor', s.alu('mul', sum, 31n), value)));
  },

  'computes with more values than there are registers': (s) => {
    s.bounds(60);
    const values = Array.from({ length: 14 }, (_, index) => s.load(index * 4, 32));
    const sums = values.map((value, index) => s.alu('add', value, values[(index + 5) % 14] ?? value));
    const products = sums.map((value, index) => s.alu('mul', value, values[(index + 9) % 14] ?? value));
    s.return(products.reduce((sum, value) => s.alu('sub', s.alu('xor', value, sum), value)));
  },

  'threads jumps through a condition of two parts': (s) => {
    s.bounds(14);
    const zero = s.constant(0);
    const one = s.constant(1);
    const first = s.compare('eq', s.load(0, 8), 2n);
    const from = s.here;
    const [second, join, yes, no] = [s.builder.block(), s.builder.block(), s.builder.block(), s.builder.block()];
    s.builder.terminate(from, { op: 'branch', condition: first, then: second, otherwise: join });
    s.here = second;
    const both = s.compare('eq', s.load(5, 8), 1n);
    s.jump(join);
    const result = s.builder.phi(join, [
      { block: from, value: zero },
      { block: second, value: both },
    ]);
    s.builder.terminate(join, { op: 'branch', condition: result, then: yes, otherwise: no });
    s.builder.terminate(yes, { op: 'return', value: one });
    s.returnFrom(no, 2n);
  },

  'gives a comparison as a number': (s) => {
    s.bounds(14);
    s.return(s.alu('add', s.compare('ugt', s.load(0, 8), s.load(1, 8)), 4n));
  },

  'shares equal returns': (s) => {
    s.bounds(14);
    s.returnFrom(s.branch(s.compare('ne', s.load(0, 8), 1n)), 1n);
    s.returnFrom(s.branch(s.compare('ne', s.load(1, 8), 1n)), 1n);
    s.returnFrom(s.branch(s.compare('ne', s.load(2, 8), 1n)), 1n);
    s.return(s.constant(2));
  },

  'lets the likely side fall through': (s) => {
    s.bounds(14);
    const rare = s.branch(s.compare('ne', s.load(12, 16), 0x608n), 'then');
    s.return(s.constant(2));
    s.here = rare;
    s.call('ktime_get_ns', []);
    s.return(s.constant(1));
  },

  'uses wide constants as sparingly as it can': (s) => {
    s.bounds(16);
    const masked = s.alu('and', s.load(0, 32), 0xf0f0f0f0n);
    const wide = s.alu('xor', s.load(8, 64), 0x0123456789abcdefn);
    const isLarge = s.compare('uge', s.load(4, 32), 0x80000001n);
    s.return(s.alu('add', s.alu('add', masked, wide), isLarge));
  },

  'reads once what it has just read or written': (s) => {
    s.bounds(34);
    const ttl = s.load(22, 8);
    s.builder.store(s.here, s.start, 22, 8, s.alu('sub', ttl, 1n));
    const again = s.load(22, 8);
    s.return(s.alu('add', s.load(23, 8), s.alu('add', again, s.load(23, 8))));
  },

  'reads the packet again behind a call': (s) => {
    s.bounds(34);
    const before = s.load(23, 8);
    s.returnFrom(s.branch(s.compare('ne', before, 6n)), 1n);
    s.call('ktime_get_ns', []);
    s.return(s.load(23, 8));
  },

  'multiplies and divides by powers of two with shifts': (s) => {
    s.bounds(16);
    const value = s.load(0, 64);
    const scaled = s.alu('mul', value, 8n);
    s.return(s.alu('add', scaled, s.alu('add', s.alu('div', value, 16n), s.alu('mod', value, 32n))));
  },

  'divides by what may be zero': (s) => {
    s.bounds(16);
    s.return(s.alu('add', s.alu('div', s.load(0, 32), s.load(4, 8)), s.alu('mod', s.load(8, 32), s.load(5, 8))));
  },

  'lets keys of different tables share the stack': (s) => {
    const make = (size: number, name: string) => s.builder.stack(s.here, s.builder.slot(size, name));
    const first = make(8, 'key of hash');
    s.builder.store(s.here, first, 0, 64, s.constant(1));
    const found = s.lookup(first);
    const second = make(4, 'key of lru');
    s.builder.store(s.here, second, 0, 32, s.constant(2));
    const other = s.call('map_lookup_elem', [s.builder.map(s.here, 'lru'), second], 'value lru');
    s.returnFrom(s.branch(s.compare('ne', other, 0n)), 8n);
    s.return(s.alu('add', s.load(0, 64, found), s.load(0, 64, other)));
  },

  'measures the packet': (s) => {
    const end = s.builder.packetEnd(s.here, 0);
    const length = s.builder.alu(s.here, 'sub', end, s.start);
    s.bounds(20);
    s.return(s.alu('add', length, s.load(0, 8)));
  },

  'calls what it needs twice as a subprogram': (s) => {
    s.bounds(24);
    const b = new ProgramBuilder('mix', 'tcx-ingress', [{ kind: 'integer' }, { kind: 'integer' }]);
    const [left = 0, right = 0] = b.parameters;
    const product = b.alu(b.entry, 'mul', left, b.constant(b.entry, 0x9e37_79b1n));
    b.terminate(b.entry, { op: 'return', value: b.alu(b.entry, 'xor', product, right) });
    const mix = s.builder.subprogram(b.finish());
    const first = s.builder.callSubprogram(s.here, mix, [s.load(0, 64), s.load(8, 32)]);
    s.return(s.builder.callSubprogram(s.here, mix, [first, s.load(16, 64)]));
  },

  'goes round a thousand times by a callback': (s) => {
    s.bounds(16);
    const [factor, start] = [s.load(0, 32), s.load(8, 16)];
    const value = s.repeat(1000n, start, (last, round) =>
      s.builder.truncate(s.here, s.alu('add', s.alu('mul', last, factor), round), 32),
    );
    s.return(value);
  },

  'hands a pointer into the packet down through two callbacks': (s) => {
    s.bounds(16);
    const value = s.repeat(10n, s.load(0, 32), (outer) => {
      const there = s.builder.offset(s.here, s.start, s.alu('add', s.alu('and', outer, 31n), 4n));
      s.bounds(4, there);
      const sum = s.repeat(10n, outer, (inner, round) => {
        s.bounds(8, there);
        return s.alu('add', s.alu('xor', inner, round), s.load(4, 32, there));
      });
      return s.builder.truncate(s.here, sum, 32);
    });
    s.return(value);
  },
};

export const cases: readonly Case[] = Object.entries(sketches).map(([title, draw]) => {
  const sketch = new Sketch('golden', 'tcx-ingress');
  draw(sketch);
  return { title, program: callLongLoops(sketch.builder.finish()) };
});
