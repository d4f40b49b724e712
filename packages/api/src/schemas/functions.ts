import { z } from 'zod';
import { time } from './names.ts';

/** JSON Schema 2020-12. */
const jsonSchema = z.record(z.string(), z.unknown());

const named = z.object({ name: z.string(), help: z.string() });

export const tableInfo = z.object({
  /** `flows`; in a rule set `rules.ordered`. */
  name: z.string(),
  kind: z.enum(['table', 'lpm', 'array', 'classifier', 'tally']),
  /** Most entries. */
  max: z.int(),
  key: z.array(z.string()),
  value: z.array(z.string()),
  /** Outlives a reboot. */
  durable: z.boolean(),
});

export const functionSummary = z.object({
  /** What `use:` of a chain says. */
  name: z.string(),
  summary: z.string().exactOptional(),
  /** `library`: comes with Twinpath. `uploaded`: by an administrator. */
  origin: z.enum(['library', 'uploaded']),
  /** Of what was uploaded: SHA-256 of its content, in hexadecimal. */
  hash: z.string().exactOptional(),
  uploadedAt: time.exactOptional(),
  uploadedBy: z.string().exactOptional(),
});

/** All that follows from a function's declaration. */
export const functionInfo = functionSummary.extend({
  /** Missing: it takes none. */
  config: jsonSchema.exactOptional(),
  tables: z.array(tableInfo),
  counters: z.array(named),
  reasons: z.array(z.object({ name: z.string(), kind: z.enum(['packetIn', 'packetCopy', 'notice']) })),
  operations: z.array(named.extend({ input: jsonSchema })),
  /** `transparent`: in line. Else its ports, or the most that it can have. */
  ports: z.union([z.literal('transparent'), z.array(z.string()), z.object({ atMost: z.int() })]),
});
export type FunctionInfo = z.infer<typeof functionInfo>;
export type FunctionSummary = z.infer<typeof functionSummary>;

export const functionList = z.object({ functions: z.array(functionSummary) });

/** A third-party function. */
export const upload = z.strictObject({
  /** `source`: a `*.vnf.ts` file in TypeScript. `artefact`: what `twinpath build -o NAME.vnf.json` wrote. */
  kind: z.enum(['source', 'artefact']),
  content: z.string().min(1).max(4_000_000),
});
