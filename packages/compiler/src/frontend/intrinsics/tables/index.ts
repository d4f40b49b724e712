// The methods of each kind of table.
import type { Outcome } from '../../path.ts';
import { at } from './array.ts';
import { first } from './classifier.ts';
import { lookup, lookupOrInsert, remove, type TableCall, write } from './table.ts';
import { countTally } from './tally.ts';

type Methods = Readonly<Record<string, (call: TableCall) => readonly Outcome[]>>;

const METHODS: Readonly<Record<TableCall['receiver']['plan']['kind'], Methods>> = {
  table: {
    lookup: (call) => lookup(call, { refresh: true }),
    peek: (call) => lookup(call, { refresh: false }),
    insert: (call) => write(call, 'insert'),
    put: (call) => write(call, 'put'),
    lookupOrInsert,
    remove,
  },
  lpm: { lookup: (call) => lookup(call, { refresh: true }) },
  array: { at },
  classifier: { first },
  tally: { count: countTally },
};

export function tableMethod(call: TableCall, name: string): readonly Outcome[] {
  const methods = METHODS[call.receiver.plan.kind];
  const method = methods[name];
  if (method === undefined)
    return call.lowering.fail(call.site, 'TP4008', name, call.receiver.plan.kind, Object.keys(methods).join(', '));
  return method(call);
}

/** Names of the methods, by kind of table. */
export function tableVerbs(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(METHODS).map(([kind, methods]) => [kind, Object.keys(methods)]));
}
