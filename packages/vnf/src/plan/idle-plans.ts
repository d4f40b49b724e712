import type { IdleTimeouts } from '../spec/specs.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import type { FunctionPlan } from './function-plan.ts';
import type { IdlePlan, TablePlan } from './table-plan.ts';

const SECOND = 1_000_000_000;

/** Of the tables that a configuration names. @throws VnfSpecError for a table or a value that there is not, or less than a second */
export function idlePlans({ tables }: FunctionPlan, given: IdleTimeouts): ReadonlyMap<string, IdlePlan> {
  return new Map(
    Object.entries(given).map(([path, timeouts]) => {
      const table = tables.find((one) => one.path === path);
      if (table?.idle === undefined) {
        const known = tables.filter(({ idle }) => idle !== undefined).map((one) => one.path);
        throw new VnfSpecError(
          `idleTimeouts, ${path}`,
          'no table of that name has an idleTimeout',
          `there is ${known.join(', ')}`,
        );
      }
      return [path, idlePlan(table, table.idle, timeouts)];
    }),
  );
}

function idlePlan({ path, value }: TablePlan, declared: IdlePlan, given: IdleTimeouts[string]): IdlePlan {
  if (declared.by === 'all') {
    if (typeof given === 'number') return { by: 'all', seconds: seconds(given, path) };
    throw new VnfSpecError(
      `idleTimeouts, ${path}`,
      'the table has one timeout for all entries',
      'give a number of nanoseconds',
    );
  }
  const type = value.fields.find(({ offset }) => offset === declared.offset)?.type;
  if (typeof given === 'number' || type?.kind !== 'enum') {
    throw new VnfSpecError(
      `idleTimeouts, ${path}`,
      `its timeout goes by ${declared.field}`,
      'give a timeout for each name of it',
    );
  }
  const unknown = Object.keys(given).find((name) => !type.names.includes(name));
  if (unknown !== undefined) {
    throw new VnfSpecError(
      `idleTimeouts, ${path}`,
      `${declared.field} is never ${unknown}`,
      `names are ${type.names.join(', ')}`,
    );
  }
  return {
    ...declared,
    seconds: type.names.map((name, index) => {
      const timeout = given[name];
      return timeout === undefined ? (declared.seconds[index] ?? 0) : seconds(timeout, `${path}, ${name}`);
    }),
  };
}

/** Rounded up, because the stamps are whole seconds and an entry must not go early. */
function seconds(nanoseconds: number, where: string): number {
  if (nanoseconds >= SECOND) return Math.ceil(nanoseconds / SECOND);
  throw new VnfSpecError(
    `idleTimeouts, ${where}`,
    `${nanoseconds} ns are less than a second`,
    'entries go to the second',
  );
}
