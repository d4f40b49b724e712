import type { Atomic, AtomicOp } from '@twinpath/ebpf/asm';
import { type Expr, get, i32, i64 } from '../wasm/expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { r, w } from './registers.ts';

type Kind = 'add' | 'or' | 'and' | 'xor' | 'xchg' | 'cmpxchg';

const kindOf = (op: AtomicOp): Kind => {
  const kinds: readonly Kind[] = ['add', 'or', 'and', 'xor', 'xchg'];
  return kinds.find((kind) => op.endsWith(`_${kind}`) && op !== 'atomic_cmpxchg') ?? 'cmpxchg';
};

/** Atomic where several threads use the memory; plain otherwise, which is several times as fast. */
export function writeAtomic(writer: FunctionWriter, instruction: Atomic): void {
  const { code } = writer;
  const { op, size, dst, off, src } = instruction;
  const is64 = size === 'u64';
  const bytes = is64 ? 8 : 4;
  const [start, offset] = writer.place(dst, off, bytes, true);
  const address = code.keep('i32', offset === 0 ? start : i32.add(start, i32.const(offset)));
  const old = code.keep(
    is64 ? 'i64' : 'i32',
    writer.program.lib.shared
      ? shared(kindOf(op), is64, get(address), src)
      : (is64 ? i64.load : i32.load)(get(address)),
  );
  if (!writer.program.lib.shared) change(writer, instruction, get(address), get(old));
  const before = is64 ? get(old) : i64.extend_u(get(old));
  if (op === 'atomic_cmpxchg') writer.set(0, before);
  else if (/fetch|xchg/.test(op)) writer.set(src, before);
}

function shared(kind: Kind, is64: boolean, address: Expr, src: number): Expr {
  const { atomic } = is64 ? i64 : i32;
  const value = is64 ? r(src) : w(src);
  if (kind === 'cmpxchg') return atomic.cmpxchg(address, is64 ? r(0) : w(0), value);
  return atomic[kind](address, value);
}

function change({ code }: FunctionWriter, { op, size, src }: Atomic, address: Expr, old: Expr): void {
  const wide = size === 'u64' ? i64 : i32;
  const value = size === 'u64' ? r(src) : w(src);
  const kind = kindOf(op);
  if (kind === 'cmpxchg') {
    const wanted = size === 'u64' ? r(0) : w(0);
    code.if(wide.eq(old, wanted), () => code.add(wide.store(address, value)));
    return;
  }
  code.add(wide.store(address, kind === 'xchg' ? value : wide[kind](old, value)));
}
