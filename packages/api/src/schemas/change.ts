import { z } from 'zod';
import { document } from './document.ts';
import { count, flag, revisionNumber, time } from './names.ts';

const pointer = z.string();
const difference = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), pointer, after: z.unknown() }),
  z.object({ op: z.literal('remove'), pointer, before: z.unknown() }),
  z.object({ op: z.literal('replace'), pointer, before: z.unknown(), after: z.unknown() }),
]);

const chainDifference = z.object({
  chain: z.string(),
  action: z.enum(['start', 'change', 'stop']),
  /** From the root of the chain. */
  differences: z.array(difference),
});
export type ChainDifference = z.infer<typeof chainDifference>;

const portAnswer = z.object({
  chain: z.string(),
  /** From the root of the chain. */
  pointer,
  interface: z.string(),
  namespace: z.string().exactOptional(),
  /** Missing: the interface's driver has to be tried, which only the change itself does. */
  hook: z.enum(['xdp', 'tcx']).exactOptional(),
  /** Why that one. */
  why: z.string(),
  /** What else is on the interface, and stays. */
  notes: z.array(z.string()),
});
/** Where packets would meet a chain. */
export type PortAnswer = z.infer<typeof portAnswer>;

/** How a change is made. */
export const changeQuery = z.strictObject({
  /** Only checks, asks the host, and says what would change. */
  dryRun: flag.exactOptional(),
  /** Goes back by itself after so many seconds, unless it is confirmed. */
  confirm: count(86_400).exactOptional(),
  /** For the history. */
  message: z.string().max(500).exactOptional(),
});

/** Of a change that was made, or would be. */
export const change = z.object({
  /** Of the history; that of before, where nothing changed. */
  revision: revisionNumber,
  dryRun: z.boolean(),
  chains: z.array(chainDifference),
  /** Functions that were uploaded, replaced or removed. */
  functions: z.array(z.string()),
  /** Of a dry run: what this machine says to ports of chains in the kernel. */
  ports: z.array(portAnswer).exactOptional(),
  /** When it goes back, unless it is confirmed before. */
  confirmBy: time.exactOptional(),
  /** What was measured, in milliseconds. */
  milliseconds: z.object({ check: z.number(), apply: z.number() }),
});
export type Change = z.infer<typeof change>;

export const revision = z.object({
  revision: revisionNumber,
  at: time,
  /** Who made it: `uid:0`, `token:deploy`, `certificate:ops`, `node:a` (went back by itself). */
  by: z.string(),
  message: z.string(),
  chains: z.array(chainDifference.pick({ chain: true, action: true })),
  functions: z.array(z.string()),
  /** It waits to be confirmed until then. */
  confirmBy: time.exactOptional(),
});
export type Revision = z.infer<typeof revision>;

export const history = z.object({
  revisions: z.array(revision),
  /** `before` of the next page; missing on the last. */
  next: revisionNumber.exactOptional(),
});
export const historyQuery = z.strictObject({
  /** Younger ones are left out. */
  before: z.coerce.number<number | string>().int().min(1).exactOptional(),
  limit: count(1000).exactOptional(),
});

/** With what was wanted then. */
export const revisionDetails = revision.extend({ document });
