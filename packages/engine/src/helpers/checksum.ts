import { error } from '../maps/hash-code.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { w } from '../translate/registers.ts';
import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import type { Helper, Helpers } from './helper.ts';
import { frameLength } from './packet.ts';

/** Sums of so many bytes are written out when their length is known. */
const LONGEST_UNROLLED = 64;
const WORD = 0xffff_ffff;

/** i64: one's complement sum of the 32-bit halves, in 32 bits: 0 only if both are. */
function halves(code: Code, total: Expr): Expr {
  const kept = code.keep('i64', total);
  const once = () => i64.add(i64.shr_u(get(kept), i64.const(32)), i64.and(get(kept), i64.const(WORD)));
  code.set(kept, once());
  return once();
}

/** i64: to 16 bits, as since Linux 6.13; before, kernels gave a sum of 32 bits that folds to the same. */
function fold(code: Code, total: Expr): Expr {
  const kept = code.keep('i64', total);
  const once = () => i64.add(i64.shr_u(get(kept), i64.const(16)), i64.and(get(kept), i64.const(0xffff)));
  code.set(kept, once());
  return once();
}

const complement = (value: Expr): Expr => i64.xor(value, i64.const(WORD));

/** (bytes, length, seed) → one's complement sum in 32 bits, i64. */
function sum(lib: Library): number {
  return lib.function('checksum', ['i32', 'i32', 'i64'], ['i64'], (code, at = 0, length = 0, seed = 0) => {
    const end = code.keep('i32', i32.add(get(at), get(length)));
    code.block((done) => {
      code.loop((next) => {
        code.brIf(done, i32.ge_u(get(at), get(end)));
        code.set(seed, i64.add(get(seed), i64.load32_u(get(at))));
        code.set(at, i32.add(get(at), i32.const(4)));
        code.br(next);
      });
    });
    code.return(halves(code, get(seed)));
    code.unreachable();
  });
}

/** i64: one's complement sum of the bytes a register points to, in 32 bits. */
function sumOf(writer: FunctionWriter, register: number, sizeRegister: number, seed: Expr): Expr {
  const { code, program } = writer;
  const length = writer.constant(sizeRegister);
  const bytes = code.keep('i32', writer.pointer(register, w(sizeRegister)));
  if (length === undefined || length > LONGEST_UNROLLED)
    return call(sum(program.lib), get(bytes), w(sizeRegister), seed);
  let total = seed;
  for (let at = 0; at < length; at += 4) total = i64.add(total, i64.load32_u(get(bytes), at));
  return halves(code, total);
}

/**
 * RFC 1624: the seed, less the bytes that were, plus the bytes that will be. Which of the two zeros comes out is the
 * kernel's choice in each of its three cases.
 */
const difference: Helper = (writer) => {
  const { code } = writer;
  const seed = i64.extend_u(w(5));
  const [fromSize, toSize] = [w(2), w(4)];
  const onlyTo = () => writer.set(0, fold(code, sumOf(writer, 3, 4, seed)));
  const onlyFrom = () => writer.set(0, fold(code, complement(sumOf(writer, 1, 2, complement(seed)))));
  const both = () => {
    const removed = code.keep('i64', complement(sumOf(writer, 1, 2, i64.const(0))));
    const added = code.keep('i64', sumOf(writer, 3, 4, seed));
    writer.set(0, fold(code, halves(code, i64.add(get(removed), get(added)))));
  };
  const [from, to] = [writer.constant(2), writer.constant(4)];
  if (from !== undefined && to !== undefined && (from | to) % 4 === 0) {
    return from === 0 ? onlyTo() : to === 0 ? onlyFrom() : both();
  }
  code.if(
    i32.and(i32.or(fromSize, toSize), i32.const(3)),
    () => writer.set(0, error('EINVAL')),
    () => code.if(fromSize, () => code.if(toSize, both, onlyFrom), onlyTo),
  );
};

/** BPF_F_HDR_FIELD_MASK, BPF_F_MARK_MANGLED_0. */
const FIELD_SIZE = 0x0f;
const MANGLED_0 = 0x20;
const MANGLED_ZERO = 0xffff;

/** (packet, length, offset, from, to, flags) → 0 or minus an errno, i64: the 16-bit checksum at `offset` follows a change. */
function replaceChecksum(lib: Library): number {
  const types = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return lib.function(
    'replace checksum',
    types,
    ['i64'],
    (code, packet = 0, length = 0, offset = 0, from = 0, to = 0, flags = 0) => {
      const end = i64.add(i64.extend_u(get(offset)), i64.const(2));
      code.if(i64.gt_u(end, i64.extend_u(get(length))), () => code.return(error('EFAULT')));
      const at = code.keep('i32', i32.add(get(packet), get(offset)));
      const old = code.keep('i32', i32.load16_u(get(at)));
      const keepsZero = i32.and(i32.and(get(flags), i32.const(MANGLED_0)), i32.const(MANGLED_0));
      code.if(keepsZero, () => code.if(i32.eqz(get(old)), () => code.return(i64.const(0))));
      const isDifference = i32.eqz(i32.and(get(flags), i32.const(FIELD_SIZE)));
      // A difference comes as one number, with nothing taken away.
      code.if(isDifference, () => code.if(get(from), () => code.return(error('EINVAL'))));
      const taken = i64.and(complement(i64.extend_u(get(from))), i64.const(WORD));
      const removed: Local = code.keep('i64', taken);
      code.if(isDifference, () => code.set(removed, i64.const(0)));
      const before = i64.xor(i64.extend_u(get(old)), i64.const(0xffff));
      const total = halves(code, i64.add(i64.add(before, get(removed)), i64.extend_u(get(to))));
      const fresh = code.keep('i32', i32.xor(i32.wrap(fold(code, total)), i32.const(0xffff)));
      code.if(keepsZero, () => code.if(i32.eqz(get(fresh)), () => code.set(fresh, i32.const(MANGLED_ZERO))));
      code.add(i32.store16(get(at), get(fresh)));
      code.return(i64.const(0));
      code.unreachable();
    },
  );
}

/** (context, offset, from, to, flags); IP headers have no use for the flags besides the size. */
const replace =
  (mask: number): Helper =>
  (writer) => {
    const context = get(writer.code.keep('i32', writer.context));
    const { data } = writer.program.context;
    const number = replaceChecksum(writer.program.lib);
    const flags = i32.and(w(5), i32.const(mask));
    writer.set(0, call(number, i32.load(context, data), frameLength(writer, context), w(2), w(3), w(4), flags));
  };

export const checksumHelpers: Helpers = {
  csum_diff: difference,
  l3_csum_replace: replace(FIELD_SIZE),
  l4_csum_replace: replace(FIELD_SIZE | MANGLED_0),
};
