// What an administrator says about the daemon itself, in /etc/twinpath/twinpathd.yaml.
import { hostname } from 'node:os';
import { z } from 'zod';

const scope = z.enum(['read', 'write', 'admin']);
const path = z.string().startsWith('/');
const nodeName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** `edge1.example.org` → `edge1`. */
function ownName(): string {
  const [first = ''] = hostname().toLowerCase().split('.');
  const name = first.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 60);
  return nodeName.safeParse(name).success ? name : `n-${name}`;
}

export const settings = z.strictObject({
  /** Of this machine among several; default: the host's name. */
  node: nodeName.default(ownName),
  /** By which chains select machines. */
  labels: z.record(z.string().min(1).max(63), z.string().max(63)).default({}),
  /** What outlives a reboot. */
  stateDirectory: path.default('/var/lib/twinpath'),
  /** For programs on this machine. Root, and who runs the daemon, may do everything. */
  socket: z
    .strictObject({
      path: path.default('/run/twinpath/twinpathd.sock'),
      /** Who may open it besides root. */
      group: z.string().min(1).optional(),
      /** Names or numbers. */
      users: z.record(z.string(), scope).default({}),
      groups: z.record(z.string(), scope).default({}),
    })
    .prefault({}),
  /** For others: not without this. TLS 1.3, and a token or a certificate. */
  tcp: z
    .strictObject({
      listen: z.string().regex(/^(\[[0-9a-f:]+\]|[0-9.]+):\d{1,5}$/, 'write address:port, such as 0.0.0.0:7443'),
      /** Files in PEM; read again at SIGHUP. */
      certificate: path,
      key: path,
      /** Whose certificates of clients are taken. */
      clientAuthority: path.optional(),
      /** Scopes by a certificate's common name. */
      certificates: z.record(z.string(), scope).default({}),
      /** Functions may be uploaded, and files of this machine named: whoever may do that owns the machine. */
      uploads: z.boolean().default(false),
    })
    .optional(),
  limits: z
    .strictObject({
      bodyBytes: z
        .int()
        .min(1024)
        .default(16 * 1024 * 1024),
      /** Of each caller. */
      requestsPerSecond: z.number().positive().default(200),
      burst: z.int().min(1).default(400),
      /** After which a change that does not end is given up. */
      changeSeconds: z.number().positive().default(60),
      /** Connections that stay open: events and captures. */
      streams: z.int().min(1).default(64),
    })
    .prefault({}),
  store: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sqlite') }),
      z.strictObject({
        kind: z.literal('etcd'),
        /** Of all members: `https://10.0.0.1:2379`, or `unix:/path` of a member's socket on this machine. */
        endpoints: z.array(z.string().regex(/^(https?:\/\/.+|unix:\/.+)$/)).min(1),
        prefix: z
          .string()
          .regex(/^\/[\w/-]*[\w-]$/)
          .default('/twinpath'),
        /** PEM files, for https. */
        authority: path.optional(),
        certificate: path.optional(),
        key: path.optional(),
      }),
    ])
    .default({ kind: 'sqlite' }),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});
export type Settings = z.infer<typeof settings>;
/** As it is written. */
export type GivenSettings = z.input<typeof settings>;
