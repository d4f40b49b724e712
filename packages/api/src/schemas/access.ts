import { z } from 'zod';
import { name, scope, time } from './names.ts';

export const token = z.object({
  name: name('token'),
  scope,
  createdAt: time,
  expiresAt: time.exactOptional(),
  lastUsedAt: time.exactOptional(),
});
export type Token = z.infer<typeof token>;

export const tokenList = z.object({ tokens: z.array(token) });
export const newToken = z.strictObject({ name: name('token'), scope, expiresAt: time.exactOptional() });
/** The one time that the secret is told: only its hash is kept. */
export const issuedToken = token.extend({ secret: z.string() });

/** One request that changes something, or was refused. What it contained is not in it. */
export const auditRecord = z.object({
  id: z.int(),
  at: time,
  by: z.string(),
  /** Where it came from: `socket`, or an address. */
  from: z.string(),
  operation: z.string(),
  target: z.string(),
  /** Of HTTP. */
  status: z.int(),
  revision: z.int().exactOptional(),
});
export type AuditRecord = z.infer<typeof auditRecord>;

export const audit = z.object({ records: z.array(auditRecord), next: z.int().exactOptional() });
