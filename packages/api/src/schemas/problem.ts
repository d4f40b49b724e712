import { z } from 'zod';

/** One thing that is wrong, at its place. */
const fault = z.object({
  detail: z.string(),
  /** What to do about it. */
  hint: z.string().exactOptional(),
  /** JSON Pointer into the body; of a parameter, its name. */
  pointer: z.string().exactOptional(),
  parameter: z.string().exactOptional(),
  /** Of a body in YAML, from 1. */
  line: z.int().exactOptional(),
  column: z.int().exactOptional(),
});
export type Fault = z.infer<typeof fault>;

/** An error (RFC 9457). */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** What failed, with which object, and why. */
  detail: z.string(),
  /** Stays the same from version to version: `TP_CONFLICT`. */
  code: z.string(),
  hint: z.string().exactOptional(),
  errors: z.array(fault).exactOptional(),
});
export type Problem = z.infer<typeof problem>;
