/** Operand width of arithmetic and comparisons. 32-bit arithmetic clears the upper half of the destination. */
export type Width = 32 | 64;
/** Zero-extending memory access, named as the kernel prints it. */
export type Size = 'u8' | 'u16' | 'u32' | 'u64';
/** Sign-extending load. Since 6.6. */
export type SignedSize = 's8' | 's16' | 's32';

/** A label, or a distance in 8-byte slots from the slot after this instruction. */
export type Target = string | number;
/** A map's name, which becomes a relocation, or its file descriptor. */
export type MapReference = string | number;

/** The second operand: a register or a sign-extended 32-bit constant. */
export type Source = { readonly src: number; readonly imm?: never } | { readonly imm: number; readonly src?: never };

export type AluOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sdiv'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'mod'
  | 'smod'
  | 'xor'
  | 'mov'
  | 'arsh';

export type JumpOp = 'jeq' | 'jgt' | 'jge' | 'jset' | 'jne' | 'jsgt' | 'jsge' | 'jlt' | 'jle' | 'jslt' | 'jsle';

export type AtomicOp =
  | 'atomic_add'
  | 'atomic_or'
  | 'atomic_and'
  | 'atomic_xor'
  | 'atomic_fetch_add'
  | 'atomic_fetch_or'
  | 'atomic_fetch_and'
  | 'atomic_fetch_xor'
  | 'atomic_xchg'
  | 'atomic_cmpxchg';

/** `dst = dst op source`. `sdiv` and `smod` since 6.6. */
export type Alu = { readonly op: AluOp; readonly width: Width; readonly dst: number } & Source;
export type Neg = { readonly op: 'neg'; readonly width: Width; readonly dst: number };
/** Sign-extends the low `bits` of `src`. Since 6.6. */
export type MovSx = {
  readonly op: 'movsx';
  readonly width: Width;
  readonly bits: 8 | 16 | 32;
  readonly dst: number;
  readonly src: number;
};
/** `be`/`le` convert between host and that order and truncate to `bits`; `bswap` always swaps (since 6.6). */
export type ByteOrder = { readonly op: 'be' | 'le' | 'bswap'; readonly bits: 16 | 32 | 64; readonly dst: number };
/** Casts an arena pointer between address spaces 0 (kernel) and 1 (arena). Since 6.9. */
export type AddressSpaceCast = {
  readonly op: 'addr_space_cast';
  readonly to: 0 | 1;
  readonly from: 0 | 1;
  readonly dst: number;
  readonly src: number;
};

/** `dst = *(size *)(src + off)`. */
export type Load = {
  readonly op: 'ldx';
  readonly size: Size | SignedSize;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
};
/** `*(size *)(dst + off) = imm`, sign-extended for u64. */
export type StoreImmediate = {
  readonly op: 'st';
  readonly size: Size;
  readonly dst: number;
  readonly off: number;
  readonly imm: number;
};
/** `*(size *)(dst + off) = src`. */
export type Store = {
  readonly op: 'stx';
  readonly size: Size;
  readonly dst: number;
  readonly off: number;
  readonly src: number;
};
/**
 * Read-modify-write of the aligned word at `dst + off` with `src`. The fetching kinds leave the old value in `src`, except
 * `atomic_cmpxchg`, which compares with r0 and leaves the old value in r0. All but plain `atomic_add` since 5.12.
 */
export type Atomic = {
  readonly op: AtomicOp;
  readonly size: 'u32' | 'u64';
  readonly dst: number;
  readonly off: number;
  readonly src: number;
};
/** `dst = *(size *)(src + off)` with acquire order. Since 6.15. */
export type LoadAcquire = {
  readonly op: 'load_acquire';
  readonly size: Size;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
};
/** `*(size *)(dst + off) = src` with release order. Since 6.15. */
export type StoreRelease = {
  readonly op: 'store_release';
  readonly size: Size;
  readonly dst: number;
  readonly off: number;
  readonly src: number;
};
/** Legacy packet load (host order, ends the program when out of bounds): r0 = packet[imm]; needs the skb in r6. */
export type LoadAbsolute = { readonly op: 'ld_abs'; readonly size: 'u8' | 'u16' | 'u32'; readonly imm: number };
/** As {@link LoadAbsolute}, at `src + imm`. */
export type LoadIndirect = {
  readonly op: 'ld_ind';
  readonly size: 'u8' | 'u16' | 'u32';
  readonly src: number;
  readonly imm: number;
};

/** 64-bit constant, -2^63 to 2^64 - 1; read back as unsigned. Two slots, like every wide load below. */
export type LoadImm64 = { readonly op: 'ld_imm64'; readonly dst: number; readonly imm64: bigint };
/** Address of a map, for helpers. */
export type LoadMap = { readonly op: 'ld_map'; readonly dst: number; readonly map: MapReference };
/** Address `valueOffset` bytes into the only value of a single-entry array map. Since 5.2. */
export type LoadMapValue = {
  readonly op: 'ld_map_value';
  readonly dst: number;
  readonly map: MapReference;
  readonly valueOffset: number;
};
/** As {@link LoadMap}, by index into the `fd_array` given at load. Since 5.14. */
export type LoadMapIndex = { readonly op: 'ld_map_idx'; readonly dst: number; readonly index: number };
export type LoadMapIndexValue = {
  readonly op: 'ld_map_idx_value';
  readonly dst: number;
  readonly index: number;
  readonly valueOffset: number;
};
/** Address of a kernel variable by BTF id; `btfFd` 0 is vmlinux, otherwise a module's BTF object. Since 5.10. */
export type LoadBtfId = {
  readonly op: 'ld_btf_id';
  readonly dst: number;
  readonly btfId: number;
  readonly btfFd: number;
};
/** Address of a subprogram, for callback helpers. Since 5.13. */
export type LoadFunction = { readonly op: 'ld_func'; readonly dst: number; readonly target: Target };

/** Unsigned unless named `js…`; `jset` jumps when `dst & source` is not zero. 32-bit forms since 5.1. */
export type ConditionalJump = {
  readonly op: JumpOp;
  readonly width: Width;
  readonly dst: number;
  readonly target: Target;
} & Source;
/** `ja` reaches ±32767 slots; `gotol` (since 6.6) ±2^31; `may_goto` (since 6.9) jumps once its hidden budget is spent. */
export type Jump = { readonly op: 'ja' | 'gotol' | 'may_goto'; readonly target: Target };
/** Indirect jump through a register loaded from an instruction array map. Since 6.19. */
export type JumpIndirect = { readonly op: 'gotox'; readonly dst: number };

/** Calls a kernel helper by number: r1-r5 are arguments and clobbered, r0 the result. */
export type CallHelper = { readonly op: 'call'; readonly helper: number };
/** Calls a subprogram of the same program. Since 4.16. */
export type CallSubprogram = { readonly op: 'call_sub'; readonly target: Target };
/** Calls a kernel function by BTF id; `fdIndex` 0 is vmlinux, otherwise an index into `fd_array`. Since 5.13. */
export type CallKernelFunction = { readonly op: 'call_kfunc'; readonly btfId: number; readonly fdIndex: number };
export type Exit = { readonly op: 'exit' };

/** One instruction as plain frozen data. Registers are 0 to 10. */
export type Instruction =
  | Alu
  | Neg
  | MovSx
  | ByteOrder
  | AddressSpaceCast
  | Load
  | StoreImmediate
  | Store
  | Atomic
  | LoadAcquire
  | StoreRelease
  | LoadAbsolute
  | LoadIndirect
  | LoadImm64
  | LoadMap
  | LoadMapValue
  | LoadMapIndex
  | LoadMapIndexValue
  | LoadBtfId
  | LoadFunction
  | ConditionalJump
  | Jump
  | JumpIndirect
  | CallHelper
  | CallSubprogram
  | CallKernelFunction
  | Exit;

/** Names the place of the instruction that follows it; occupies no slot. */
export type Label = { readonly op: 'label'; readonly name: string };

export type Op = Instruction['op'];
