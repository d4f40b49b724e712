// Tables to whose values a program writes in place: copies of their entries would not be what lies there.
import type { FunctionPlan, MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { Instruction, Program, Region, ValueId } from '../ir/types.ts';

/** What pointers into values of a table's map point into: values of both generations are one region. */
export const valueRegion = ({ path }: TablePlan, { family }: MapPlan): Region =>
  `value ${path}${family === undefined ? '' : `.${family}`}`;

/** By path. Updates of whole entries are no writing in place. */
export function writtenTables(program: Program, { tables }: FunctionPlan): ReadonlySet<string> {
  const regions = new Set([program, ...(program.subprograms ?? [])].flatMap(writtenRegions));
  return new Set(
    tables.filter((table) => table.maps.some((map) => regions.has(valueRegion(table, map)))).map(({ path }) => path),
  );
}

function writtenRegions({ blocks, values }: Program): readonly Region[] {
  return blocks.flatMap(({ instructions }) =>
    instructions.flatMap((one) => {
      const address = writtenAt(one);
      const type = address === undefined ? undefined : values[address];
      return type?.kind === 'pointer' ? [type.region] : [];
    }),
  );
}

const writtenAt = (one: Instruction): ValueId | undefined =>
  one.op === 'store' || one.op === 'atomic' ? one.address : undefined;
