// Readable text of a Program: one line for each instruction, in the order of execution. Golden files hold it, so what is
// printed depends on nothing but the program.

import type { Block, BlockId, Instruction, Location, Phi, Program, Terminator, ValueId, ValueType } from './types.ts';

export interface PrintOptions {
  /** Ends each line with the place in the author's source. */
  readonly locations?: boolean;
}

const v = (value: ValueId): string => `v${value}`;
const b = (block: BlockId): string => `block ${block}`;

/** `v4`, `v4 + 12`, `v4 - 2`. */
const place = (address: ValueId, offset: number): string =>
  offset === 0 ? v(address) : `${v(address)} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;

export function printType(type: ValueType | undefined): string {
  if (type === undefined) return '?';
  return type.kind === 'integer' ? 'integer' : `pointer(${type.region})`;
}

function printLocation(at: Location | undefined): string {
  return at === undefined ? '' : `  ; ${at.file}:${at.line}:${at.column}`;
}

/** The right side of a definition, or the whole of an instruction without result. */
function operation(instruction: Instruction): string {
  switch (instruction.op) {
    case 'constant':
      return `constant ${instruction.value}`;
    case 'relocation':
      return `relocation${instruction.width} "${instruction.name}"`;
    case 'alu':
      return `${instruction.operation} ${v(instruction.left)}, ${v(instruction.right)}`;
    case 'truncate':
    case 'swap':
      return `${instruction.op}${instruction.width} ${v(instruction.value)}`;
    case 'compare':
      return `${instruction.relation} ${v(instruction.left)}, ${v(instruction.right)}`;
    case 'load':
      return `load${instruction.width} ${place(instruction.address, instruction.offset)}`;
    case 'load-pointer': {
      const epoch = instruction.epoch === undefined ? '' : `, epoch ${instruction.epoch}`;
      return `load-pointer ${place(instruction.address, instruction.offset)}${epoch}`;
    }
    case 'store':
      return `store${instruction.width} ${place(instruction.address, instruction.offset)}, ${v(instruction.value)}`;
    case 'offset':
      return `offset ${v(instruction.base)}, ${v(instruction.by)}`;
    case 'packet-start':
    case 'packet-end':
      return `${instruction.op} epoch ${instruction.epoch}`;
    case 'stack':
      return `stack slot ${instruction.slot}`;
    case 'map':
      return `map "${instruction.name}"`;
    case 'map-value':
      return `map-value "${instruction.name}" + ${instruction.offset}`;
    case 'call': {
      const { helper, subprogram } = instruction;
      const callee = subprogram === undefined ? helper : `${helper} ${subprogram} `;
      return `call ${callee}(${instruction.arguments.map(v).join(', ')})`;
    }
    case 'atomic': {
      const { operation: name, width, address, offset, value } = instruction;
      return `atomic-${name}${width} ${place(address, offset)}, ${v(value)}`;
    }
  }
}

export function printInstruction(instruction: Instruction, values: readonly ValueType[]): string {
  const text = operation(instruction);
  return 'result' in instruction
    ? `${v(instruction.result)}: ${printType(values[instruction.result])} = ${text}`
    : text;
}

export function printPhi(phi: Phi, values: readonly ValueType[]): string {
  const inputs = phi.inputs.map(({ block, value }) => `${b(block)}: ${v(value)}`);
  return `${v(phi.result)}: ${printType(values[phi.result])} = phi ${inputs.join(', ')}`;
}

export function printTerminator(terminator: Terminator): string {
  switch (terminator.op) {
    case 'jump':
      return `jump ${b(terminator.target)}`;
    case 'branch': {
      const { condition, then, otherwise, likely } = terminator;
      const hint = likely === undefined ? '' : ` (likely ${likely})`;
      return `branch ${v(condition)} then ${b(then)} otherwise ${b(otherwise)}${hint}`;
    }
    case 'in-packet': {
      const { pointer, size, epoch, then, otherwise } = terminator;
      return `in-packet ${v(pointer)}, ${size} bytes, epoch ${epoch} then ${b(then)} otherwise ${b(otherwise)}`;
    }
    case 'return':
      return `return ${v(terminator.value)}`;
  }
}

function printBlock(block: Block, values: readonly ValueType[], locations: boolean): string {
  const where = (at: Location | undefined) => (locations ? printLocation(at) : '');
  const lines = [
    ...block.phis.map((phi) => printPhi(phi, values)),
    ...block.instructions.map((instruction) => printInstruction(instruction, values) + where(instruction.at)),
    printTerminator(block.terminator) + where(block.terminator.at),
  ];
  const rounds = block.rounds === undefined ? '' : `, at most ${block.rounds} times`;
  return [`${b(block.id)}${rounds}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Ends with a line feed. */
export function printProgram(program: Program, { locations = false }: PrintOptions = {}): string {
  const { parameters } = program;
  const given = parameters === undefined ? '' : `, parameters ${parameters.map(v).join(', ')}`;
  const head = [
    `program ${program.name}, ${program.hook}, context ${v(program.context)}${given}`,
    ...program.slots.map(({ size, name }, index) => `slot ${index}: ${size} bytes "${name}"`),
  ];
  const blocks = program.blocks.map((block) => printBlock(block, program.values, locations));
  const within = (program.subprograms ?? []).map((one, index) => `sub${index}: ${printProgram(one, { locations })}`);
  return [`${[head.join('\n'), ...blocks].join('\n\n')}\n`, ...within].join('\n');
}
