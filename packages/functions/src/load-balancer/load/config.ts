import { net } from '@twinpath/vnf';
import { z } from 'zod';

const times = { every: net.duration('5 s'), within: net.duration('1 s'), port: net.portNumber().optional() };

/** Where the load of a backend is read: 0 idle, 1 full. Its weight shrinks with it. */
export const Load = z.discriminatedUnion('from', [
  z.strictObject({
    from: z.literal('snmp'),
    ...times,
    version: z.enum(['2c']).default('2c'),
    community: z.string().default('public'),
    /** `load`: 1-minute load average for each core. `cpu`: mean of hrProcessorLoad. `idle`: what ssCpuIdle leaves. */
    what: z.enum(['load', 'cpu', 'idle']).default('load'),
  }),
  /** A number as text, or a metric of Prometheus' text format. `full`: the number that stands for 1. */
  z.strictObject({
    from: z.literal('http'),
    ...times,
    path: z.string().startsWith('/').default('/load'),
    metric: z.string().optional(),
    full: z.number().positive().default(1),
  }),
  /** The file's default export gets `{ address, port, signal }` and gives a number. */
  z.strictObject({ from: z.literal('module'), ...times, file: z.string() }),
]);
export type Load = z.infer<typeof Load>;
