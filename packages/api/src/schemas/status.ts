import { z } from 'zod';
import { labels, name, revisionNumber, time } from './names.ts';

const runningPort = z.object({
  name: z.string(),
  interface: z.string(),
  namespace: z.string().exactOptional(),
  hook: z.enum(['xdp', 'tcx']),
  /** Why that one. */
  why: z.string().exactOptional(),
  /** Of XDP. */
  mode: z.enum(['native', 'generic']).exactOptional(),
});

const memberStatus = z.object({
  /** In its chain. */
  name: z.string(),
  /** What it is: the name in the function's own declaration. */
  function: z.string(),
});

export const chainStatus = z.object({
  name: name('chain'),
  /** `elsewhere`: its selector does not take this node. `failed`: it does not run as wanted; `problem` says why. */
  state: z.enum(['running', 'failed', 'elsewhere']),
  /** The revision that it runs as; missing where it does not run. */
  revision: revisionNumber.exactOptional(),
  since: time.exactOptional(),
  /** What works on its packets. */
  on: z.enum(['kernel', 'engine']).exactOptional(),
  ports: z.array(runningPort),
  functions: z.array(memberStatus),
  /** How long programs took to be compiled, verified and swapped at the last change. */
  applyMilliseconds: z.number().exactOptional(),
  problem: z.object({ code: z.string(), detail: z.string(), hint: z.string().exactOptional() }).exactOptional(),
});
export type ChainStatus = z.infer<typeof chainStatus>;

export const status = z.object({
  node: z.string(),
  labels,
  version: z.string(),
  /** What is wanted. */
  revision: revisionNumber,
  /** All chains of this node run as wanted, and the store answers. */
  healthy: z.boolean(),
  startedAt: time,
  store: z.object({ kind: z.string(), reachable: z.boolean() }),
  /** A change that goes back by itself unless it is confirmed. */
  unconfirmed: z.object({ revision: revisionNumber, confirmBy: time }).exactOptional(),
  chains: z.array(chainStatus),
});
export type Status = z.infer<typeof status>;

/** What each node has said last; those that have said nothing for a while are not there. */
export const nodes = z.object({
  nodes: z.array(
    z.object({
      node: z.string(),
      labels,
      version: z.string(),
      /** What it has come to. */
      revision: revisionNumber,
      healthy: z.boolean(),
      at: time,
      chains: z.array(chainStatus.pick({ name: true, state: true, problem: true })),
    }),
  ),
});
export type NodeReport = z.infer<typeof nodes>['nodes'][number];
