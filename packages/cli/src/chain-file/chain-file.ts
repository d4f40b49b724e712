// A chain in YAML.
import { z } from 'zod';

const name = (what: string) =>
  z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, {
    error: ({ input }) =>
      `'${String(input)}' is no name of a ${what}: write lower-case letters, digits and '-', at most 63, a letter first`,
  });

export const ChainFile = z.strictObject({
  /** Default: the file's own, without its extension. */
  name: name('chain').optional(),
  interface: z.string().min(1).optional(),
  namespace: z.string().min(1).optional(),
  mode: z.enum(['native', 'generic', 'auto']).optional(),
  functions: z
    .array(
      z.strictObject({
        /** Default: that of `use`. */
        name: name('function').optional(),
        /** The name of a function of the library, or the path of a `*.vnf.ts` file, from this file's folder. */
        use: z.string().min(1),
        config: z.unknown().optional(),
      }),
    )
    .min(1),
});
export type ChainFile = z.infer<typeof ChainFile>;
