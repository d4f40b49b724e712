import {
  alu,
  atomic,
  call,
  callSub,
  type Instruction as EbpfInstruction,
  endian,
  exit,
  imm,
  type JumpOp,
  ja,
  jmp,
  type Label,
  label,
  ldFunc,
  ldImm64,
  ldMap,
  ldMapValue,
  ldx,
  mov,
  neg,
  reg,
  type Size,
  type Source,
  st,
  stx,
} from '@twinpath/ebpf/asm';
import { NEGATED } from '../ir/arithmetic.ts';
import { at } from '../ir/at.ts';
import type { AtomicOperation, BlockId, Location, Width } from '../ir/types.ts';
import { orderBlocks } from './block-order.ts';
import type { Frame } from './frame.ts';
import {
  type Base,
  FRAME_POINTER,
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  type MachineTerminator,
  type Operand,
  type Test,
} from './machine.ts';

export interface Emitted {
  readonly items: readonly (EbpfInstruction | Label)[];
  /** Where each item comes from. */
  readonly locations: readonly (Location | undefined)[];
  /** Items whose number is put there when the code is finished. */
  readonly relocations: readonly { readonly item: number; readonly name: string; readonly width: 32 | 64 }[];
}

const SIZES: Readonly<Record<Width, Size>> = { 8: 'u8', 16: 'u16', 32: 'u32', 64: 'u64' };
const JUMPS: Readonly<Record<Test, JumpOp>> = {
  eq: 'jeq',
  ne: 'jne',
  ult: 'jlt',
  ule: 'jle',
  ugt: 'jgt',
  uge: 'jge',
  slt: 'jslt',
  sle: 'jsle',
  sgt: 'jsgt',
  sge: 'jsge',
  set: 'jset',
};

/** eBPF of a program whose registers are the machine's. `name`: by which calls refer to its start. */
export function emit(program: MachineProgram, frame: Frame, name = subprogramName(-1)): Emitted {
  return new Emitter(program, frame, name).run();
}

/** -1: the main program, which nobody calls. */
export const subprogramName = (index: number): string => (index < 0 ? 'main' : `sub${index}`);

type Item = EbpfInstruction | Label;

class Emitter {
  readonly #program: MachineProgram;
  readonly #frame: Frame;
  readonly #name: string;
  readonly #items: Item[] = [];
  readonly #locations: (Location | undefined)[] = [];
  readonly #relocations: Emitted['relocations'][number][] = [];
  #at: Location | undefined;

  constructor(program: MachineProgram, frame: Frame, name: string) {
    this.#program = program;
    this.#frame = frame;
    this.#name = name;
  }

  run(): Emitted {
    const order = orderBlocks(this.#program.blocks);
    this.#put(label(this.#name));
    order.forEach((id, index) => {
      this.#put(label(this.#labelOf(id)));
      const block = at(this.#program.blocks, id);
      for (const instruction of block.instructions) {
        this.#at = instruction.at;
        this.#instruction(instruction);
      }
      this.#at = block.terminator.at;
      this.#terminator(block.terminator, order[index + 1]);
    });
    return { items: this.#items, locations: this.#locations, relocations: this.#relocations };
  }

  #put(...items: readonly Item[]): void {
    for (const item of items) {
      this.#items.push(item);
      this.#locations.push(this.#at);
    }
  }

  #labelOf(block: BlockId): string {
    return `${this.#name} b${block}`;
  }

  #slot(slot: number): number {
    return at(this.#frame.offsets, slot);
  }

  #address(base: Base, offset: number): readonly [number, number] {
    return 'slot' in base ? [FRAME_POINTER, this.#slot(base.slot) + offset] : [base.register, offset];
  }

  /** Of the next item. */
  #source(operand: Operand): Source {
    if ('register' in operand) return reg(operand.register);
    this.#relocate(operand);
    return imm(operand.immediate);
  }

  #relocate({ relocation }: Extract<Operand, { immediate: number }>): void {
    if (relocation !== undefined) this.#relocations.push({ item: this.#items.length, name: relocation, width: 32 });
  }

  #instruction(instruction: MachineInstruction): void {
    switch (instruction.op) {
      case 'move':
        this.#put(mov(instruction.dst, reg(instruction.src), instruction.width));
        return;
      case 'constant':
        this.#put(constant(instruction.dst, instruction.value));
        return;
      case 'relocation': {
        const { dst, name, width } = instruction;
        this.#relocations.push({ item: this.#items.length, name, width });
        this.#put(width === 32 ? mov(dst, imm(0), 32) : ldImm64(dst, 0n));
        return;
      }
      case 'alu': {
        const { operation, dst, source, width } = instruction;
        this.#put(alu(operation, dst, this.#source(source), width));
        return;
      }
      case 'negate':
        this.#put(neg(instruction.dst));
        return;
      case 'swap':
        this.#put(endian('be', instruction.width, instruction.dst));
        return;
      case 'load': {
        const { dst, base, offset, width } = instruction;
        this.#put(ldx(SIZES[width], dst, ...this.#address(base, offset)));
        return;
      }
      case 'store': {
        const { base, offset, width, source } = instruction;
        const place = this.#address(base, offset);
        if ('register' in source) {
          this.#put(stx(SIZES[width], ...place, source.register));
          return;
        }
        this.#relocate(source);
        this.#put(st(SIZES[width], ...place, source.immediate));
        return;
      }
      case 'atomic': {
        const { base, offset, width, src, operation, fetch } = instruction;
        const place = this.#address(base, offset);
        this.#put(atomic(atomicName(operation, fetch), width === 32 ? 'u32' : 'u64', ...place, src));
        return;
      }
      case 'slot-address': {
        const { dst, slot, offset } = instruction;
        this.#put(mov(dst, reg(FRAME_POINTER)), alu('add', dst, imm(this.#slot(slot) + offset)));
        return;
      }
      case 'map':
        this.#put(ldMap(instruction.dst, instruction.name));
        return;
      case 'map-value':
        this.#put(ldMapValue(instruction.dst, instruction.name, instruction.offset));
        return;
      case 'test':
        this.#test(instruction);
        return;
      case 'call':
        this.#put(
          typeof instruction.callee === 'string'
            ? call(instruction.callee)
            : callSub(subprogramName(instruction.callee)),
        );
        return;
      case 'subprogram':
        this.#put(ldFunc(instruction.dst, subprogramName(instruction.subprogram)));
        return;
    }
  }

  #test({ dst, test, left, right, width }: Extract<MachineInstruction, { op: 'test' }>): void {
    const done = `${this.#name} set ${this.#items.length}`;
    this.#put(mov(dst, imm(1)));
    this.#put(jmp(JUMPS[test], left, this.#source(right), done, width));
    this.#put(mov(dst, imm(0)), label(done));
  }

  #terminator(terminator: MachineTerminator, next: BlockId | undefined): void {
    switch (terminator.op) {
      case 'return':
        this.#put(exit());
        return;
      case 'jump':
        this.#jump(terminator.target, next);
        return;
      case 'branch':
        this.#branch(terminator, next);
        return;
    }
  }

  #jump(target: BlockId, next: BlockId | undefined): void {
    if (target === next) return;
    this.#put(isExit(at(this.#program.blocks, target)) ? exit() : ja(this.#labelOf(target)));
  }

  #branch(branch: Extract<MachineTerminator, { op: 'branch' }>, next: BlockId | undefined): void {
    const { test, left, right, width, then, otherwise } = branch;
    const jump = (taken: Test, target: BlockId) =>
      this.#put(jmp(JUMPS[taken], left, this.#source(right), this.#labelOf(target), width));
    if (then === next && test !== 'set') {
      jump(NEGATED[test], otherwise);
      return;
    }
    jump(test, then);
    this.#jump(otherwise, next);
  }
}

const isExit = ({ instructions, terminator }: MachineBlock): boolean =>
  terminator.op === 'return' && instructions.length === 0;

function constant(dst: number, value: bigint): EbpfInstruction {
  if (BigInt.asIntN(32, value) === value) return mov(dst, imm(Number(value)));
  // A 32-bit move clears the upper half.
  if (BigInt.asUintN(32, value) === value) return mov(dst, imm(Number(BigInt.asIntN(32, value))), 32);
  return ldImm64(dst, value);
}

function atomicName(operation: AtomicOperation, fetch: boolean) {
  if (operation === 'exchange') return 'atomic_xchg';
  return fetch ? (`atomic_fetch_${operation}` as const) : (`atomic_${operation}` as const);
}
