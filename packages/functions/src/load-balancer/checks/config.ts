import { net } from '@twinpath/vnf';
import { z } from 'zod';

const times = {
  every: net.duration('2 s'),
  within: net.duration('1 s'),
  /** So many good answers in a row, and it is up; so many bad ones, and it is down. */
  rise: z.int().min(1).max(100).default(2),
  fall: z.int().min(1).max(100).default(3),
  /** Default: the backend's own, or else the first of the service. */
  port: net.portNumber().optional(),
};

/** How to tell that a backend is well. */
export const Check = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('tcp'), ...times }),
  z.strictObject({
    type: z.enum(['http', 'https']),
    ...times,
    path: z.string().startsWith('/').default('/'),
    host: z.string().optional(),
    /** Any of these, and redirections are not followed. */
    status: z.array(z.int().min(100).max(599)).min(1).default([200, 204]),
    /** With `https`: whether the certificate must be one that this host trusts. */
    verify: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('icmp'), ...times }),
  z.strictObject({ type: z.literal('dns'), ...times, name: z.string().min(1) }),
  /** The file's default export gets `{ address, port, signal }` and says whether the backend is well. */
  z.strictObject({ type: z.literal('module'), ...times, file: z.string() }),
]);
export type Check = z.infer<typeof Check>;
