import { alu, atomic, endian, exit, imm, jmp, label, ldImm64, ldx, mov, movsx, neg, reg, st, stx } from './build.ts';
import type { AluOp, AtomicOp, Instruction, JumpOp, Label, SignedSize, Size, Width } from './instruction.ts';

/** A program called with r1 = address of `memory` and r2 = its length, and what it must leave in r0. */
export type Vector = {
  readonly name: string;
  readonly program: readonly (Instruction | Label)[];
  readonly memory: Uint8Array;
  readonly result: bigint;
};

const u = (width: number, value: bigint) => BigInt.asUintN(width, value);
const s = (width: number, value: bigint) => BigInt.asIntN(width, value);

/** `a op b` of RFC 9669 section 4.1; the operands are of `width` bits, the result is zero-extended to 64. */
function aluModel(op: AluOp, width: Width, a: bigint, b: bigint): bigint {
  const [x, y, sx, sy] = [u(width, a), u(width, b), s(width, a), s(width, b)];
  const shift = y & BigInt(width - 1);
  // Division by zero gives 0, the remainder of it the dividend.
  const results: Record<AluOp, bigint> = {
    add: x + y,
    sub: x - y,
    mul: x * y,
    div: y === 0n ? 0n : x / y,
    sdiv: y === 0n ? 0n : sx / sy,
    or: x | y,
    and: x & y,
    lsh: x << shift,
    rsh: x >> shift,
    mod: y === 0n ? x : x % y,
    smod: y === 0n ? x : sx % sy,
    xor: x ^ y,
    mov: y,
    arsh: sx >> shift,
  };
  return u(width, results[op]);
}

/** Whether the jump of RFC 9669 section 4.3 is taken. */
function jumpModel(op: JumpOp, width: Width, a: bigint, b: bigint): boolean {
  const [x, y, sx, sy] = [u(width, a), u(width, b), s(width, a), s(width, b)];
  const taken: Record<JumpOp, boolean> = {
    jeq: x === y,
    jne: x !== y,
    jset: (x & y) !== 0n,
    jgt: x > y,
    jge: x >= y,
    jlt: x < y,
    jle: x <= y,
    jsgt: sx > sy,
    jsge: sx >= sy,
    jslt: sx < sy,
    jsle: sx <= sy,
  };
  return taken[op];
}

/** What each leaves in memory; the compare-and-exchange when it succeeds. */
const atomicModels: readonly (readonly [AtomicOp, (old: bigint, operand: bigint) => bigint])[] = [
  ['atomic_add', (old, operand) => old + operand],
  ['atomic_or', (old, operand) => old | operand],
  ['atomic_and', (old, operand) => old & operand],
  ['atomic_xor', (old, operand) => old ^ operand],
  ['atomic_fetch_add', (old, operand) => old + operand],
  ['atomic_fetch_or', (old, operand) => old | operand],
  ['atomic_fetch_and', (old, operand) => old & operand],
  ['atomic_fetch_xor', (old, operand) => old ^ operand],
  ['atomic_xchg', (_, operand) => operand],
  ['atomic_cmpxchg', (_, operand) => operand],
];

const widths: readonly Width[] = [32, 64];
const aluOps: readonly AluOp[] = [
  ...(['add', 'sub', 'mul', 'div', 'sdiv', 'or', 'and'] as const),
  ...(['lsh', 'rsh', 'mod', 'smod', 'xor', 'mov', 'arsh'] as const),
];
const jumpOps: readonly JumpOp[] = [
  ...(['jeq', 'jne', 'jset', 'jgt', 'jge', 'jlt', 'jle'] as const),
  ...(['jsgt', 'jsge', 'jslt', 'jsle'] as const),
];

const MINIMUM = 1n << 63n;
const pairs: readonly (readonly [bigint, bigint])[] = [
  [0x1122_3344_5566_7788n, 0x99aa_bbcc_ddee_ff05n],
  [MINIMUM, u(64, -1n)],
  [0xffff_ffff_8000_0000n, u(64, -1n)],
  [0x7fff_ffff_ffff_fff9n, 0x1_0000_0000n],
  [u(64, -13n), 4n],
  [13n, u(64, -4n)],
  [5n, 0n],
  [0x1_0000_0005n, 0x2_0000_0005n],
];
const constants: readonly (readonly [bigint, number])[] = [
  [0x1122_3344_5566_7788n, 7],
  [0xffff_ffff_8000_0000n, -1],
  [MINIMUM, -1],
  [u(64, -13n), 31],
  [0x1_0000_0005n, 5],
];

function bytesOf(...words: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}
const hex = (value: bigint) => `0x${value.toString(16)}`;
/** r0 and r3 from memory, so that the verifier knows nothing about them. */
const operands = [ldx('u64', 0, 1, 0), ldx('u64', 3, 1, 8)];
const finish = [exit()];

function* arithmetic(): Generator<Vector> {
  for (const width of widths) {
    for (const op of aluOps) {
      for (const [a, b] of pairs) {
        const program = [...operands, alu(op, 0, reg(3), width), ...finish];
        yield vector(`${op}${width} of ${hex(a)} by ${hex(b)}`, program, aluModel(op, width, a, b), a, b);
      }
      for (const [a, b] of constants) {
        // The verifier refuses constant shifts of the whole width or more.
        if (/sh$/.test(op) && (b < 0 || b >= width)) continue;
        const program = [...operands, alu(op, 0, imm(b), width), ...finish];
        yield vector(`${op}${width} of ${hex(a)} by the constant ${b}`, program, aluModel(op, width, a, BigInt(b)), a);
      }
    }
    for (const a of [0n, 1n, MINIMUM, 0x1_8000_0000n]) {
      yield vector(`neg${width} of ${hex(a)}`, [...operands, neg(0, width), ...finish], u(width, -s(width, a)), a);
    }
    for (const bits of [8, 16, 32] as const) {
      for (const a of width === 32 && bits === 32 ? [] : [0x1234_5678_9abc_def0n, 0x7f7f_7f7f_7f7f_7f7fn]) {
        const program = [...operands, mov(4, reg(0)), movsx(bits, 0, 4, width), ...finish];
        yield vector(`movsx${bits} to ${width} bits of ${hex(a)}`, program, u(width, s(bits, a)), a);
      }
    }
  }
}

function* byteOrder(): Generator<Vector> {
  const a = 0x1122_3344_5566_7788n;
  for (const bits of [16, 32, 64] as const) {
    const swapped = BigInt(`0x${(hex(u(bits, a)).slice(2).match(/../g) ?? []).reverse().join('')}`);
    for (const op of ['be', 'bswap'] as const) {
      yield vector(`${op}${bits}`, [...operands, endian(op, bits, 0), ...finish], swapped, a);
    }
    yield vector(`le${bits}`, [...operands, endian('le', bits, 0), ...finish], u(bits, a), a);
  }
}

/** r0 = 1 if the jump is taken. */
function* jumps(): Generator<Vector> {
  for (const width of widths) {
    for (const op of jumpOps) {
      const tail = [mov(0, imm(0)), exit(), label('taken'), mov(0, imm(1)), exit()];
      for (const [a, b] of pairs) {
        const program = [...operands, jmp(op, 0, reg(3), 'taken', width), ...tail];
        yield vector(`${op}${width} of ${hex(a)} and ${hex(b)}`, program, BigInt(jumpModel(op, width, a, b)), a, b);
      }
      for (const [a, b] of constants) {
        const program = [...operands, jmp(op, 0, imm(b), 'taken', width), ...tail];
        const taken = jumpModel(op, width, a, BigInt(b));
        yield vector(`${op}${width} of ${hex(a)} and the constant ${b}`, program, BigInt(taken), a);
      }
    }
  }
}

function* memory(): Generator<Vector> {
  const a = 0x8182_8384_8586_8788n;
  const sizes: readonly (readonly [Size | SignedSize, number])[] = [
    ...([
      ['u8', 8],
      ['u16', 16],
      ['u32', 32],
      ['u64', 64],
    ] as const),
    ...([
      ['s8', 8],
      ['s16', 16],
      ['s32', 32],
    ] as const),
  ];
  for (const [size, bits] of sizes) {
    const expected = size.startsWith('s') ? u(64, s(bits, a)) : u(bits, a);
    yield vector(`load-${size}`, [ldx(size, 0, 1, 8), ...finish], expected, 0n, a);
  }
  for (const [size, bits] of [
    ['u8', 8],
    ['u16', 16],
    ['u32', 32],
    ['u64', 64],
  ] as const) {
    const background = u(64, -1n) ^ 0x0f0fn;
    const stored = (value: bigint) => (background & ~u(bits, -1n)) | u(bits, value);
    const reload = [ldx('u64', 0, 10, -8), ...finish];
    const fill = [ldImm64(4, background), stx('u64', 10, -8, 4)];
    yield vector(`store-${size}`, [...operands, ...fill, stx(size, 10, -8, 0), ...reload], stored(a), a);
    yield vector(`store-constant-${size}`, [...fill, st(size, 10, -8, -3), ...reload], stored(-3n));
  }
  const wide = 0xfedc_ba98_7654_3210n;
  yield vector('64-bit constant', [ldImm64(0, wide), ...finish], wide);
}

/** First vector: what the word in memory becomes. Second: what is fetched. */
function* atomics(): Generator<Vector> {
  const old = 0x1122_3344_8899_aabbn;
  const operand = 0xf0f0_f0f0_ffff_fff0n;
  for (const [size, width] of [
    ['u32', 32],
    ['u64', 64],
  ] as const) {
    for (const [op, model] of atomicModels) {
      for (const equal of op === 'atomic_cmpxchg' ? [true, false] : [true]) {
        const before = [...operands, stx('u64', 10, -8, 0), ...(equal ? [] : [alu('xor', 0, imm(1))])];
        const change = [...before, atomic(op, size, 10, -8, 3)];
        const changed = equal ? u(width, model(u(width, old), u(width, operand))) : u(width, old);
        const title = `${op} ${size}${equal ? '' : ' of another value'}`;
        const left = (old & ~u(width, -1n)) | changed;
        yield vector(`${title}, in memory`, [...change, ldx('u64', 0, 10, -8), ...finish], left, old, operand);
        if (!/fetch|xchg/.test(op)) continue;
        const fetched = op === 'atomic_cmpxchg' ? change : [...change, mov(0, reg(3))];
        yield vector(`${title}, fetched`, [...fetched, ...finish], u(width, old), old, operand);
      }
    }
  }
}

function vector(name: string, program: readonly (Instruction | Label)[], result: bigint, a = 0n, b = 0n): Vector {
  return { name, program, memory: bytesOf(a, b), result };
}

/** Cases for everything that arithmetic, jumps, byte order, memory and atomics can do, with results from BigInt models. */
export const VECTORS: readonly Vector[] = [...arithmetic(), ...byteOrder(), ...jumps(), ...memory(), ...atomics()];
