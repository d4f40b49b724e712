/** Where a declared table, reason, counter list or port group carries its spec: a symbol, because the members of a rule set
 *  and of counters have names of the author's. `specOf` reads it. */
export const SPEC: unique symbol = Symbol.for('@twinpath/vnf spec');
