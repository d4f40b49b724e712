import { RISKS } from '@twinpath/ndpi';
import { net } from '@twinpath/vnf';
import { z } from 'zod';
import { POLICIES } from './sizes.ts';

const Names = z.array(z.string().min(1)).min(1);
const matches = {
  /** Names as the verdict says them: of the application (`YouTube`), or of the protocol that carries it (`TLS`). Case does not count. */
  applications: Names.optional(),
  categories: Names.optional(),
  /** nDPI's names of risks; one of a flow's is enough. Built-in classifiers see none. */
  risks: z
    .array(z.enum(RISKS).exclude(['No Risk']))
    .min(1)
    .optional(),
};
export const Policy = z.discriminatedUnion('action', [
  z.strictObject({ ...matches, action: z.literal('allow') }),
  z.strictObject({ ...matches, action: z.literal('drop') }),
  /** `dscp`: 0 to 63, in the IP header (RFC 2474). */
  z.strictObject({ ...matches, action: z.literal('mark'), dscp: z.int().min(0).max(63) }),
  /** All packets that this policy is for, together. */
  z.strictObject({ ...matches, action: z.literal('limit'), rate: net.bitRate(), burst: net.duration('100 ms') }),
]);
export type Policy = z.infer<typeof Policy>;

/** An application of one's own, told by the name of the server (TLS, QUIC, HTTP) or that is asked for (DNS). */
export const Application = z.strictObject({
  name: z.string().min(1).max(48),
  category: z.string().max(32).default('Custom'),
  /** `example.com` is that name; `*.example.com` is that and all below. */
  servers: Names,
});
export type Application = z.infer<typeof Application>;

const PACKETS = z.int().min(1).max(255);

export const Config = z
  .strictObject({
    /** `sniff`: nothing changes on the wire. `inline`: policies act as soon as there is a verdict; meanwhile packets go on, and copies
     *  of them are looked at. `hold`: the packets that are looked at wait for the answer. */
    mode: z.enum(['sniff', 'inline', 'hold']).default('sniff'),
    /** `auto`: nDPI where its library is, and else the classifiers that are built in. */
    engine: z.enum(['auto', 'ndpi', 'builtin']).default('auto'),
    /** The most packets of a flow that are looked at, both directions together. */
    packets: z.strictObject({ tcp: PACKETS.default(16), other: PACKETS.default(10) }).prefault({}),
    /** The first that fits decides; what none fits passes. */
    policies: z.array(Policy).max(POLICIES).default([]),
    applications: z.array(Application).default([]),
    /** Modules with classifiers of one's own. */
    classifiers: z.array(z.string()).default([]),
  })
  .superRefine(({ mode, policies }, context) => {
    if (mode !== 'sniff' || policies.length === 0) return;
    const message = 'mode sniff changes nothing on the wire: use inline or hold, or leave the policies out';
    context.addIssue({ code: 'custom', path: ['policies'], message });
  })
  .transform((given) => ({ ...given, acts: given.policies.length > 0 }));
export type Config = z.infer<typeof Config>;
