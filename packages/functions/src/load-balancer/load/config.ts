import { net } from '@twinpath/vnf';
import { z } from 'zod';

const times = { every: net.duration('5 s'), within: net.duration('1 s'), port: net.portNumber().optional() };

const password = z.string().min(8, 'has 8 characters at least (RFC 3414)');

/** A user of SNMPv3. Without `auth` nothing is proved, without `privacy` nothing is hidden. */
const User = z
  .strictObject({
    name: z.string().min(1).max(32),
    auth: z
      .strictObject({
        protocol: z.enum(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']).default('sha256'),
        password,
      })
      .optional(),
    /** AES-128. */
    privacy: z.strictObject({ password }).optional(),
  })
  .refine(({ auth, privacy }) => !privacy || auth, { path: ['privacy'], message: 'needs auth, too' });
export type User = z.infer<typeof User>;

/** Where the load of a backend is read: 0 idle, 1 full. Its weight shrinks with it. */
export const Load = z.discriminatedUnion('from', [
  z.strictObject({
    from: z.literal('snmp'),
    ...times,
    /** Version 2c. */
    community: z.string().default('public'),
    /** Version 3. */
    user: User.optional(),
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
