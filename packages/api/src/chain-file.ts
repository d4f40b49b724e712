// A chain as people write it, in YAML or JSON. One port needs its interface alone:
//
//   interface: eth1
//   chain: firewall → dpi → load-balancer
//
// Several have names, and paths between them:
//
//   ports: { outside: eth0, inside: { interface: eth1, hook: tcx } }
//   paths: [outside → firewall → router:wan, router:lan → inside]
import { z } from 'zod';
import { labels, name } from './schemas/names.ts';

const port = {
  interface: z.string().min(1),
  namespace: z.string().min(1).optional(),
  hook: z.enum(['auto', 'xdp', 'tcx']).optional(),
  mode: z.enum(['native', 'generic', 'auto']).optional(),
  whenGone: z.enum(['end', 'wait']).optional(),
  handOver: z.boolean().optional(),
};

const reason = z.strictObject({
  limit: z.templateLiteral([z.int(), '/s']).exactOptional(),
  snap: z.int().exactOptional(),
  way: z.enum(['ring', 'interface', 'xsk']).exactOptional(),
  /** With `way: interface`: where a program listens. */
  interface: z.string().min(1).exactOptional(),
});

/** `traffic`: the hottest entries of tables are kept in front of them, where that is faster. */
const specialise = z.enum(['off', 'traffic']);

const functionEntry = z.strictObject({
  /** Default: that of `use`, or of the function that is shared. */
  name: name('function').optional(),
  /** The name of a function of the library, or the path of a `*.vnf.ts` file, from this file's folder. */
  use: z.string().min(1).optional(),
  /** A function of another chain of the process, as `chain/function`. */
  share: z.string().min(1).optional(),
  config: z.unknown().optional(),
  worker: z.enum(['shared', 'own']).optional(),
  onFailure: z.enum(['pass', 'drop']).optional(),
  /** What its reasons say here in place of what it declares, by name. */
  reasons: z.record(z.string(), reason).optional(),
  /** Default: as the chain says. */
  specialise: specialise.optional(),
});

export const ChainFile = z.strictObject({
  /** Default: the file's own, without its extension. */
  name: name('chain').optional(),
  /** Of several machines: those that have all these labels. Default: every one. */
  nodes: labels.optional(),
  /** What works on its packets; default: the kernel. */
  on: z.enum(['kernel', 'engine']).optional(),
  /** In the kernel: whether its functions are one program. Default: `tail-calls`. */
  run: z.enum(['fused', 'tail-calls', 'auto']).optional(),
  /** Its functions, but those that say otherwise. Default: `off`. */
  specialise: specialise.optional(),
  interface: port.interface.optional(),
  namespace: port.namespace,
  hook: port.hook,
  mode: port.mode,
  whenGone: port.whenGone,
  handOver: port.handOver,
  /** Functions in the order in which packets that enter meet them, with arrows between them. */
  chain: z.string().optional(),
  /** By name; the interface alone where there is nothing else to say. */
  ports: z.record(z.string(), z.union([z.string().min(1), z.strictObject(port)])).optional(),
  /** From end to end, with arrows: ends are ports, `function:port` and `host`. */
  paths: z.array(z.string()).min(1).optional(),
  /** Those that have a configuration, or another name than what they use. Without `chain` and `paths`: all, in order. */
  functions: z.array(functionEntry).min(1).optional(),
});
export type ChainFile = z.infer<typeof ChainFile>;
