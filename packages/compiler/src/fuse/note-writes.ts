// Programs of a function whose tables are remembered elsewhere raise its generation behind each write of theirs.
import { STATE } from '../abi/state.ts';
import type { Instruction, Program, ValueId, ValueType } from '../ir/types.ts';
import { instructionsByResult } from '../ir/uses.ts';

/** Entries come and go by these; a value that is written in place does not. */
const WRITING: ReadonlySet<string> = new Set(['map_update_elem', 'map_delete_elem']);

/** Maps whose entries a program adds, replaces or takes away, with the calls. */
export function writesOf(program: Program): ReadonlyMap<Instruction, string> {
  const definitions = instructionsByResult(program);
  return new Map(
    program.blocks.flatMap(({ instructions }) =>
      instructions.flatMap((one) => {
        if (one.op !== 'call' || !WRITING.has(one.helper)) return [];
        const map = definitions[one.arguments[0] ?? -1];
        return map?.op === 'map' ? [[one, map.name] as const] : [];
      }),
    ),
  );
}

/** `tables`: maps that anybody looks up. */
export function noteWrites(program: Program, tables: ReadonlySet<string>): Program {
  const writes = writesOf(program);
  const values: ValueType[] = [...program.values];
  const value = (type: ValueType): ValueId => values.push(type) - 1;
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.flatMap((one): readonly Instruction[] => {
      const map = writes.get(one);
      if (map === undefined || !tables.has(map)) return [one];
      const address = value({ kind: 'pointer', region: `value ${STATE.map}` });
      const amount = value({ kind: 'integer' });
      const result = value({ kind: 'integer' });
      return [
        one,
        { op: 'map-value', name: STATE.map, offset: 0, result: address },
        { op: 'constant', value: 1n, result: amount },
        { op: 'atomic', operation: 'add', address, offset: STATE.writes, width: 64, value: amount, result },
      ];
    }),
  }));
  const subprograms = program.subprograms?.map((one) => noteWrites(one, tables));
  return { ...program, values, blocks, ...(subprograms && { subprograms }) };
}
