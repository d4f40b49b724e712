// The rules that every Program keeps, whoever made it: tests call this behind each pass.

import { type Graph, graphOf } from './graph.ts';
import { operandsOf, successorsOf, terminatorOperands } from './operands.ts';
import { printProgram } from './print.ts';
import { type Block, type BlockId, type Phi, type Program, parametersOf, type ValueId } from './types.ts';
import { EpochRules } from './validate-epochs.ts';
import { TypeRules } from './validate-types.ts';

/** A program that breaks the rules of the IR: a defect of the pass that made it, never of an author's source. */
export class InvalidProgramError extends Error {
  override readonly name = 'InvalidProgramError';
  readonly code = 'invalid-program';
  readonly hint = 'This is a defect in the compiler. Please report it with the source of the fast path.';
  /** Each as `block 3, instruction 2: message`. */
  readonly violations: readonly string[];
  /** The whole program as text. */
  readonly listing: string;

  constructor(program: Program, violations: readonly string[]) {
    super(`program ${program.name} breaks ${violations.length} rule(s) of the IR:\n  ${violations.join('\n  ')}`);
    this.violations = violations;
    this.listing = printProgram(program);
  }
}

/** @throws InvalidProgramError with all violations. */
export function validate(program: Program): void {
  const violations = violationsOf(program);
  if (violations.length > 0) throw new InvalidProgramError(program, violations);
}

export function violationsOf(program: Program): readonly string[] {
  const { subprograms = [] } = program;
  const within = subprograms.flatMap((one) => violationsIn(one, subprograms).map((found) => `${one.name}, ${found}`));
  return [...violationsIn(program, subprograms), ...within];
}

function violationsIn(program: Program, subprograms: readonly Program[]): readonly string[] {
  const found: string[] = [];
  const report = (place: string, message: string): void => {
    found.push(`${place}: ${message}`);
  };
  checkBlocks(program, report);
  // What follows walks from block to block.
  if (found.length > 0) return found;
  const definitions = checkDefinitions(program, report);
  if (found.length > 0) return found;
  new Uses(program, definitions, report).check();
  const types = new TypeRules(program, subprograms, report);
  for (const block of program.blocks) types.block(block);
  new EpochRules(program, report).check();
  return found;
}

type Report = (place: string, message: string) => void;

function checkBlocks(program: Program, report: Report): void {
  if (program.blocks.length === 0) report('program', 'has no blocks');
  program.blocks.forEach((block, position) => {
    if (block.id !== position) report(`block ${block.id}`, `stands at position ${position}`);
    for (const target of successorsOf(block.terminator)) {
      if (program.blocks[target] === undefined) report(`block ${block.id}, terminator`, `there is no block ${target}`);
      if (target === 0) report(`block ${block.id}, terminator`, 'the entry block has no predecessors');
    }
  });
  program.slots.forEach(({ size }, index) => {
    if (!(Number.isInteger(size) && size >= 1 && size <= 512))
      report(`slot ${index}`, `size ${size} is not within 1..512`);
  });
}

/** -1: a phi, or a parameter. */
interface Definition {
  readonly block: BlockId;
  readonly index: number;
}

function checkDefinitions(program: Program, report: Report): ReadonlyMap<ValueId, Definition> {
  const definitions = new Map<ValueId, Definition>(
    parametersOf(program).map((value) => [value, { block: 0, index: -1 }]),
  );
  const define = (value: ValueId, definition: Definition, place: string): void => {
    if (program.values[value] === undefined) report(place, `v${value} has no type`);
    if (definitions.has(value)) report(place, `v${value} is defined a second time`);
    definitions.set(value, definition);
  };
  const context = program.values[program.context];
  if (context?.kind !== 'pointer' || context.region !== 'context')
    report('program', `v${program.context} is not the context pointer`);
  for (const { id, phis, instructions } of program.blocks) {
    for (const phi of phis) define(phi.result, { block: id, index: -1 }, `block ${id}, phi v${phi.result}`);
    instructions.forEach((one, index) => {
      if ('result' in one) define(one.result, { block: id, index }, `block ${id}, instruction ${index}`);
    });
  }
  return definitions;
}

class Uses {
  readonly #program: Program;
  readonly #definitions: ReadonlyMap<ValueId, Definition>;
  readonly #graph: Graph;
  readonly #report: Report;

  constructor(program: Program, definitions: ReadonlyMap<ValueId, Definition>, report: Report) {
    this.#program = program;
    this.#definitions = definitions;
    this.#graph = graphOf(program);
    this.#report = report;
  }

  check(): void {
    for (const block of this.#program.blocks) {
      for (const phi of block.phis) this.#phi(block, phi);
      block.instructions.forEach((instruction, index) => {
        for (const value of operandsOf(instruction))
          this.#use(value, block.id, index, `block ${block.id}, instruction ${index}`);
      });
      const end = block.instructions.length;
      for (const value of terminatorOperands(block.terminator))
        this.#use(value, block.id, end, `block ${block.id}, terminator`);
    }
  }

  #phi(block: Block, phi: Phi): void {
    if (!this.#isReachable(block.id)) return;
    const place = `block ${block.id}, phi v${phi.result}`;
    // Inputs from blocks that control never reaches may stay until a pass prunes those blocks.
    const given = phi.inputs.filter((input) => this.#isReachable(input.block)).map((input) => input.block);
    const wanted = this.#graph.predecessors[block.id] ?? [];
    if (list(given) !== list(wanted)) {
      this.#report(place, `has inputs from blocks ${list(given)}; the predecessors are ${list(wanted)}`);
    }
    for (const { block: from, value } of phi.inputs) this.#use(value, from, Number.POSITIVE_INFINITY, place);
  }

  /** `index`: before which instruction of the block the value is read. */
  #use(value: ValueId, block: BlockId, index: number, place: string): void {
    const definition = this.#definitions.get(value);
    if (definition === undefined) this.#report(place, `v${value} is never defined`);
    else if (this.#isReachable(block) && !this.#reaches(definition, block, index)) {
      this.#report(place, `v${value} is not defined on every way that leads here`);
    }
  }

  #reaches(definition: Definition, block: BlockId, index: number): boolean {
    if (definition.block === block) return definition.index < index;
    return this.#isReachable(definition.block) && this.#graph.dominates(definition.block, block);
  }

  #isReachable(block: BlockId): boolean {
    return (this.#graph.dominator[block] ?? -1) >= 0;
  }
}

const list = (blocks: readonly BlockId[]): string => [...blocks].sort((a, b) => a - b).join(', ');
