import { z } from 'zod';
import { tableInfo } from './functions.ts';
import { count } from './names.ts';

export const tableList = z.object({ tables: z.array(tableInfo) });

export const tableQuery = z.strictObject({
  /** How many entries to leave out. */
  offset: z.coerce.number<number | string>().int().min(0).max(1e9).exactOptional(),
  limit: count(10_000).exactOptional(),
  /** Only entries in which a member has a value: `key.source=10.0.0.1`, `value.state=established`. Several, with commas: all hold. */
  where: z.string().max(1000).exactOptional(),
});

/** What a table held at one moment. Numbers above 2^53 and bytes are texts (decimal, hexadecimal). */
export const tablePage = z.object({
  table: z.string(),
  /** Of those that `where` takes. */
  total: z.int(),
  offset: z.int(),
  entries: z.array(z.object({ key: z.unknown(), value: z.unknown() })),
});
export type TablePage = z.infer<typeof tablePage>;
