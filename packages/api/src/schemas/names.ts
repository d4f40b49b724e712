import { z } from 'zod';

/** Of chains, functions in chains, and nodes. */
export const name = (what: string) =>
  z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, {
    error: ({ input }) =>
      `'${String(input)}' is no name of a ${what}: write lower-case letters, digits and '-', at most 63, a letter first`,
  });

/** As `Date.toISOString` writes it. */
export const time = z.iso.datetime();

/** Of query strings. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const count = (most: number) => z.coerce.number<number | string>().int().min(1).max(most);

/** Labels of nodes, and what selects nodes by them. */
export const labels = z.record(z.string().min(1).max(63), z.string().max(63));

/** A number of the history, from 1; 0 is before the first change. */
export const revisionNumber = z.int().min(0);

export const scope = z.enum(['read', 'write', 'admin']);
/** Each allows what those before it do. */
export type Scope = z.infer<typeof scope>;
