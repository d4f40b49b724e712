import {
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  type MachineTerminator,
  type Register,
  readsOf,
  terminatorReads,
  withRegisters,
  withTerminatorRegisters,
  writesOf,
} from './machine.ts';

/** Instructions that cost no more than a reload and give the same value anywhere: the only writers of their register. */
export function rematerialisable(program: MachineProgram): ReadonlyMap<Register, MachineInstruction> {
  const writers = new Map<Register, MachineInstruction | undefined>();
  for (const { instructions } of program.blocks) {
    for (const instruction of instructions) {
      for (const register of writesOf(instruction)) {
        writers.set(register, writers.has(register) || !isRepeatable(instruction) ? undefined : instruction);
      }
    }
  }
  return new Map([...writers].flatMap(([register, writer]) => (writer === undefined ? [] : [[register, writer]])));
}

function isRepeatable(instruction: MachineInstruction): boolean {
  switch (instruction.op) {
    case 'constant':
    case 'relocation':
    case 'slot-address':
    case 'map':
    case 'map-value':
      return true;
    default:
      return false;
  }
}

export interface Spilled {
  readonly program: MachineProgram;
  /** Registers that live from a reload to the next instruction only: to spill them again gains nothing. */
  readonly brief: readonly Register[];
}

/** Keeps registers in 8-byte stack slots, or makes their values anew at each use. */
export function spill(
  program: MachineProgram,
  registers: readonly Register[],
  slotOf: (register: Register) => number,
): Spilled {
  return new Spiller(program, new Set(registers), slotOf).run();
}

class Spiller {
  readonly #program: MachineProgram;
  readonly #spilled: ReadonlySet<Register>;
  readonly #slotOf: (register: Register) => number;
  readonly #remade: ReadonlyMap<Register, MachineInstruction>;
  readonly #brief: Register[] = [];
  #next: Register;
  #out: MachineInstruction[] = [];

  constructor(program: MachineProgram, spilled: ReadonlySet<Register>, slotOf: (register: Register) => number) {
    this.#program = program;
    this.#spilled = spilled;
    this.#slotOf = slotOf;
    this.#remade = rematerialisable(program);
    this.#next = program.nextRegister;
  }

  run(): Spilled {
    const blocks = this.#program.blocks.map((block) => this.#block(block));
    return { program: { ...this.#program, blocks, nextRegister: this.#next }, brief: this.#brief };
  }

  #block({ instructions, terminator, loopDepth }: MachineBlock): MachineBlock {
    this.#out = [];
    for (const instruction of instructions) this.#instruction(instruction);
    return { terminator: this.#terminator(terminator), instructions: this.#out, loopDepth };
  }

  #instruction(instruction: MachineInstruction): void {
    const written = writesOf(instruction).find((register) => this.#spilled.has(register));
    if (written !== undefined && this.#remade.has(written)) return;
    const temporaries = new Map<Register, Register>();
    if (this.#direct(instruction, written)) return;
    for (const register of new Set(readsOf(instruction))) {
      if (this.#spilled.has(register)) temporaries.set(register, this.#reload(register, instruction));
    }
    if (written !== undefined && !temporaries.has(written)) temporaries.set(written, this.#temporary());
    this.#out.push(withRegisters(instruction, (register) => temporaries.get(register) ?? register));
    const source = written === undefined ? undefined : temporaries.get(written);
    if (written === undefined || source === undefined) return;
    this.#store(written, { register: source }, instruction);
  }

  /** Copies to and from a slot, and constants into one, need no register in between. */
  #direct(instruction: MachineInstruction, written: Register | undefined): boolean {
    if (instruction.op === 'constant' && written !== undefined) {
      if (BigInt.asIntN(32, instruction.value) !== instruction.value) return false;
      this.#store(written, { immediate: Number(instruction.value) }, instruction);
      return true;
    }
    if (instruction.op !== 'move' || instruction.width !== 64) return false;
    const { dst, src } = instruction;
    if (this.#spilled.has(src) && written === undefined) {
      this.#out.push(this.#remake(src, dst, instruction));
      return true;
    }
    if (this.#spilled.has(src) || written === undefined) return false;
    this.#store(dst, { register: src }, instruction);
    return true;
  }

  #terminator(terminator: MachineTerminator): MachineTerminator {
    const temporaries = new Map<Register, Register>();
    for (const register of new Set(terminatorReads(terminator))) {
      if (this.#spilled.has(register)) temporaries.set(register, this.#reload(register, terminator));
    }
    return withTerminatorRegisters(terminator, (register) => temporaries.get(register) ?? register);
  }

  #reload(register: Register, { at }: Pick<MachineInstruction, 'at'>): Register {
    const made = this.#temporary();
    this.#out.push(this.#remake(register, made, { at }));
    return made;
  }

  #remake(register: Register, into: Register, { at }: Pick<MachineInstruction, 'at'>): MachineInstruction {
    const original = this.#remade.get(register);
    if (original !== undefined) return { ...withRegisters(original, (one) => (one === register ? into : one)), at };
    return { op: 'load', dst: into, base: { slot: this.#slotOf(register) }, offset: 0, width: 64, at };
  }

  #store(register: Register, source: { register: Register } | { immediate: number }, from: MachineInstruction): void {
    const base = { slot: this.#slotOf(register) };
    this.#out.push({ op: 'store', base, offset: 0, width: 64, source, at: from.at });
  }

  #temporary(): Register {
    const made = this.#next++;
    this.#brief.push(made);
    return made;
  }
}
