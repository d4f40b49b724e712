import type { AluOp, AtomicOp, JumpOp, Op, Size, Width } from './instruction.ts';

/** A field of the 8-byte slot (RFC 9669 section 3); `next` is the imm of the second slot of a wide instruction. */
export type Field = 'dst' | 'src' | 'off' | 'imm' | 'next';

/** Operand name → the field it is stored in. `imm64` takes `imm` and `next` together. */
type Operands = Readonly<Record<string, Field | 'imm64'>>;

/**
 * One form of one instruction: the single source for encoding, decoding, printing and parsing.
 * Fields that neither `operands` nor `raw` mention are zero, as the kernel demands of reserved fields.
 */
export type Encoding = {
  readonly op: Op;
  /** Properties of the Instruction that select this form. */
  readonly form: Readonly<Record<string, string | number>>;
  /** Opcode byte. */
  readonly code: number;
  readonly raw: Readonly<Partial<Record<Field, number>>>;
  readonly operands: Operands;
  /** The kernel's syntax, with `{operand}` or `{operand:x}` (unsigned hexadecimal) in it. */
  readonly text: string;
  /** First kernel that accepts it. */
  readonly since: string;
};

const LD = 0x00;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const ALU = { 32: 0x04, 64: 0x07 } as const;
const JMP = { 32: 0x06, 64: 0x05 } as const;
const FROM_REGISTER = 0x08;
const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, memsx: 0x80, atomic: 0xc0 } as const;
const SIZE = { u8: 0x10, u16: 0x08, u32: 0x00, u64: 0x18 } as const;
const WIDE = LD | MODE.imm | SIZE.u64;

const widths: readonly Width[] = [32, 64];
const sizes: readonly Size[] = ['u8', 'u16', 'u32', 'u64'];
const shortSizes = ['u8', 'u16', 'u32'] as const;
const wordSizes = ['u32', 'u64'] as const;
const registerName = (width: Width) => (width === 32 ? 'w' : 'r');

type Optional = { form?: Encoding['form']; raw?: Encoding['raw']; operands?: Operands; since?: string };
function encoding(op: Op, code: number, text: string, rest: Optional = {}): Encoding {
  return { op, code, text, form: {}, raw: {}, operands: {}, since: '3.18', ...rest };
}

/** op, operation bits, the operator as printed, off field (1 = signed), first kernel. */
const alu: readonly (readonly [AluOp, number, string, number, string])[] = [
  ['add', 0x00, '+=', 0, '3.18'],
  ['sub', 0x10, '-=', 0, '3.18'],
  ['mul', 0x20, '*=', 0, '3.18'],
  ['div', 0x30, '/=', 0, '3.18'],
  ['sdiv', 0x30, 's/=', 1, '6.6'],
  ['or', 0x40, '|=', 0, '3.18'],
  ['and', 0x50, '&=', 0, '3.18'],
  ['lsh', 0x60, '<<=', 0, '3.18'],
  ['rsh', 0x70, '>>=', 0, '3.18'],
  ['mod', 0x90, '%=', 0, '3.18'],
  ['smod', 0x90, 's%=', 1, '6.6'],
  ['xor', 0xa0, '^=', 0, '3.18'],
  ['mov', 0xb0, '=', 0, '3.18'],
  ['arsh', 0xc0, 's>>=', 0, '3.18'],
];

/** op, operation bits, the comparison as printed, first kernel of the 64-bit form. */
const jumps: readonly (readonly [JumpOp, number, string, string])[] = [
  ['jeq', 0x10, '==', '3.18'],
  ['jgt', 0x20, '>', '3.18'],
  ['jge', 0x30, '>=', '3.18'],
  ['jset', 0x40, '&', '3.18'],
  ['jne', 0x50, '!=', '3.18'],
  ['jsgt', 0x60, 's>', '3.18'],
  ['jsge', 0x70, 's>=', '3.18'],
  ['jlt', 0xa0, '<', '4.14'],
  ['jle', 0xb0, '<=', '4.14'],
  ['jslt', 0xc0, 's<', '4.14'],
  ['jsle', 0xd0, 's<=', '4.14'],
];

/** op, imm field, text in front of and behind the address, first kernel. {64} is "64" for u64. */
const atomics: readonly (readonly [AtomicOp, number, string, string])[] = [
  ['atomic_add', 0x00, 'lock *{at} += r{src}', '3.18'],
  ['atomic_or', 0x40, 'lock *{at} |= r{src}', '5.12'],
  ['atomic_and', 0x50, 'lock *{at} &= r{src}', '5.12'],
  ['atomic_xor', 0xa0, 'lock *{at} ^= r{src}', '5.12'],
  ['atomic_fetch_add', 0x01, 'r{src} = atomic{64}_fetch_add({at}, r{src})', '5.12'],
  ['atomic_fetch_or', 0x41, 'r{src} = atomic{64}_fetch_or({at}, r{src})', '5.12'],
  ['atomic_fetch_and', 0x51, 'r{src} = atomic{64}_fetch_and({at}, r{src})', '5.12'],
  ['atomic_fetch_xor', 0xa1, 'r{src} = atomic{64}_fetch_xor({at}, r{src})', '5.12'],
  ['atomic_xchg', 0xe1, 'r{src} = atomic{64}_xchg({at}, r{src})', '5.12'],
  ['atomic_cmpxchg', 0xf1, 'r0 = atomic{64}_cmpxchg({at}, r0, r{src})', '5.12'],
];

function* arithmetic(): Iterable<Encoding> {
  for (const width of widths) {
    const r = registerName(width);
    for (const [op, bits, operator, off, since] of alu) {
      const common = { form: { width }, raw: { off }, since };
      const code = ALU[width] | bits;
      yield encoding(op, code | FROM_REGISTER, `${r}{dst} ${operator} ${r}{src}`, {
        ...common,
        operands: { dst: 'dst', src: 'src' },
      });
      yield encoding(op, code, `${r}{dst} ${operator} {imm}`, { ...common, operands: { dst: 'dst', imm: 'imm' } });
    }
    yield encoding('neg', ALU[width] | 0x80, `${r}{dst} = -${r}{dst}`, { form: { width }, operands: { dst: 'dst' } });
    for (const bits of width === 64 ? [8, 16, 32] : [8, 16]) {
      yield encoding('movsx', ALU[width] | 0xb0 | FROM_REGISTER, `${r}{dst} = (s${bits})${r}{src}`, {
        form: { width, bits },
        raw: { off: bits },
        operands: { dst: 'dst', src: 'src' },
        since: '6.6',
      });
    }
  }
  for (const [op, code, since] of [
    ['le', 0xd4, '3.18'],
    ['be', 0xdc, '3.18'],
    ['bswap', 0xd7, '6.6'],
  ] as const) {
    for (const bits of [16, 32, 64]) {
      const rest = { form: { bits }, raw: { imm: bits }, operands: { dst: 'dst' }, since } as const;
      yield encoding(op, code, `r{dst} = ${op}${bits} r{dst}`, rest);
    }
  }
  for (const [to, from, imm] of [
    [0, 1, 1],
    [1, 0, 0x10000],
  ] as const) {
    yield encoding('addr_space_cast', 0xbf, `r{dst} = addr_space_cast(r{src}, ${to}, ${from})`, {
      form: { to, from },
      raw: { off: 1, imm },
      operands: { dst: 'dst', src: 'src' },
      since: '6.9',
    });
  }
}

function* memory(): Iterable<Encoding> {
  const load = { dst: 'dst', src: 'src', off: 'off' } as const;
  for (const size of sizes) {
    const form = { size };
    const at = `(${size} *)(r{dst} {off})`;
    yield encoding('ldx', LDX | MODE.mem | SIZE[size], `r{dst} = *(${size} *)(r{src} {off})`, { form, operands: load });
    yield encoding('stx', STX | MODE.mem | SIZE[size], `*${at} = r{src}`, { form, operands: load });
    yield encoding('st', ST | MODE.mem | SIZE[size], `*${at} = {imm}`, {
      form,
      operands: { dst: 'dst', off: 'off', imm: 'imm' },
    });
    const atomic = STX | MODE.atomic | SIZE[size];
    yield encoding('load_acquire', atomic, `r{dst} = load_acquire((${size} *)(r{src} {off}))`, {
      form,
      raw: { imm: 0x100 },
      operands: load,
      since: '6.15',
    });
    yield encoding('store_release', atomic, `store_release(${at}, r{src})`, {
      form,
      raw: { imm: 0x110 },
      operands: load,
      since: '6.15',
    });
  }
  for (const [size, bits] of [
    ['s8', SIZE.u8],
    ['s16', SIZE.u16],
    ['s32', SIZE.u32],
  ] as const) {
    yield encoding('ldx', LDX | MODE.memsx | bits, `r{dst} = *(${size} *)(r{src} {off})`, {
      form: { size },
      operands: load,
      since: '6.6',
    });
  }
  for (const size of wordSizes) {
    for (const [op, imm, text, since] of atomics) {
      const at = `(${size} *)(r{dst} {off})`;
      const printed = text.replace('{at}', at).replace('{64}', size === 'u64' ? '64' : '');
      yield encoding(op, STX | MODE.atomic | SIZE[size], printed, {
        form: { size },
        raw: { imm },
        operands: load,
        since,
      });
    }
  }
  for (const size of shortSizes) {
    const form = { size };
    yield encoding('ld_abs', LD | MODE.abs | SIZE[size], `r0 = *(${size} *)skb[{imm}]`, {
      form,
      operands: { imm: 'imm' },
    });
    yield encoding('ld_ind', LD | MODE.ind | SIZE[size], `r0 = *(${size} *)skb[r{src} + {imm}]`, {
      form,
      operands: { src: 'src', imm: 'imm' },
    });
  }
}

function* wide(): Iterable<Encoding> {
  const map = { dst: 'dst', map: 'imm' } as const;
  const index = { dst: 'dst', index: 'imm' } as const;
  yield encoding('ld_imm64', WIDE, 'r{dst} = {imm64} ll', { operands: { dst: 'dst', imm64: 'imm64' } });
  yield encoding('ld_map_value', WIDE, 'r{dst} = map[{map}][0]+{valueOffset}', {
    raw: { src: 2 },
    operands: { ...map, valueOffset: 'next' },
    since: '5.2',
  });
  yield encoding('ld_map_idx_value', WIDE, 'r{dst} = map[idx:{index}][0]+{valueOffset}', {
    raw: { src: 6 },
    operands: { ...index, valueOffset: 'next' },
    since: '5.14',
  });
  yield encoding('ld_map_idx', WIDE, 'r{dst} = map[idx:{index}]', { raw: { src: 5 }, operands: index, since: '5.14' });
  yield encoding('ld_map', WIDE, 'r{dst} = map[{map}]', { raw: { src: 1 }, operands: map });
  yield encoding('ld_btf_id', WIDE, 'r{dst} = btf[id:{btfId},fd:{btfFd}]', {
    raw: { src: 3 },
    operands: { dst: 'dst', btfId: 'imm', btfFd: 'next' },
    since: '5.10',
  });
  yield encoding('ld_func', WIDE, 'r{dst} = subprog[{target}]', {
    raw: { src: 4 },
    operands: { dst: 'dst', target: 'imm' },
    since: '5.13',
  });
}

function* control(): Iterable<Encoding> {
  for (const width of widths) {
    const r = registerName(width);
    for (const [op, bits, comparison, since64] of jumps) {
      const common = { form: { width }, since: width === 32 ? '5.1' : since64 };
      yield encoding(op, JMP[width] | bits | FROM_REGISTER, `if ${r}{dst} ${comparison} ${r}{src} goto {target}`, {
        ...common,
        operands: { dst: 'dst', src: 'src', target: 'off' },
      });
      yield encoding(op, JMP[width] | bits, `if ${r}{dst} ${comparison} {imm:x} goto {target}`, {
        ...common,
        operands: { dst: 'dst', imm: 'imm', target: 'off' },
      });
    }
  }
  yield encoding('ja', 0x05, 'goto {target}', { operands: { target: 'off' } });
  yield encoding('gotol', 0x06, 'gotol {target}', { operands: { target: 'imm' }, since: '6.6' });
  yield encoding('may_goto', 0xe5, 'may_goto {target}', { operands: { target: 'off' }, since: '6.9' });
  yield encoding('gotox', 0x0d, 'gotox r{dst}', { operands: { dst: 'dst' }, since: '6.19' });
  yield encoding('call', 0x85, 'call {helper}', { operands: { helper: 'imm' } });
  yield encoding('call_kfunc', 0x85, 'call kfunc[id:{btfId},fd:{fdIndex}]', {
    raw: { src: 2 },
    operands: { btfId: 'imm', fdIndex: 'off' },
    since: '5.13',
  });
  yield encoding('call_sub', 0x85, 'call {target}', { raw: { src: 1 }, operands: { target: 'imm' }, since: '4.16' });
  yield encoding('exit', 0x95, 'exit');
}

/** Every form of every instruction of RFC 9669 and of the kernel up to 6.19. */
export const ENCODINGS: readonly Encoding[] = [...arithmetic(), ...memory(), ...wide(), ...control()];
