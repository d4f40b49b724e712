import { z } from 'zod';

/** A function that was uploaded, as the store has it. */
export const uploaded = z.strictObject({
  kind: z.enum(['source', 'artefact']),
  content: z.string(),
  /** SHA-256 of the content, in hexadecimal. */
  hash: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
});
export type Uploaded = z.infer<typeof uploaded>;
