import { net } from '@twinpath/vnf';
import { z } from 'zod';

const time = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "is no time of day: write it as '08:30', from 00:00 to 24:00");

/** UTC. `until` not later than `from`: over midnight, and the day is the one on which it begins. */
export const Schedule = z.strictObject({
  days: z.array(z.enum(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'])).optional(),
  from: time.default('00:00'),
  until: time.default('24:00'),
});
export type Schedule = z.infer<typeof Schedule>;

/** A rule matches the packet that opens a flow; what it leaves out matches everything. The first match decides. */
export const Rule = z
  .strictObject({
    direction: z.enum(['in', 'out']).optional(),
    action: z.enum(['allow', 'drop']),
    from: net.prefix().optional(),
    to: net.prefix().optional(),
    /** A DNS name in place of `to`: the slow path asks for its addresses when the first packet comes. */
    toName: z.string().min(1).optional(),
    protocol: z.enum(['tcp', 'udp', 'icmp', 'icmp6', 'sctp', 'gre', 'esp', 'ah']).optional(),
    /** Destination port, one or a range. */
    port: net.portRange().optional(),
    /** Only then does the rule match; the slow path looks at the clock. */
    when: Schedule.optional(),
  })
  .refine(({ port, protocol }) => port === undefined || ['tcp', 'udp', 'sctp'].includes(protocol ?? ''), {
    path: ['port'],
    message: 'a port needs a protocol that has ports: tcp, udp or sctp',
  })
  .refine(({ to, toName }) => to === undefined || toName === undefined, {
    path: ['toName'],
    message: 'a rule has to or toName, not both',
  });
export type Rule = z.infer<typeof Rule>;

export const Config = z.strictObject({
  /** What no rule decides. `offload`: it goes to the host's own rules (iptables, nftables), whatever follows in the chain. */
  otherwise: z.enum(['drop', 'allow', 'offload']).default('drop'),
  /** Packets with IPv4 options, or IPv6 hop-by-hop, routing or destination options. `inspect`: the rules decide. */
  options: z.enum(['drop', 'inspect']).default('drop'),
  /** Fragments behind the first one, which show no ports. */
  laterFragments: z.enum(['drop', 'allow']).default('drop'),
  /** Frames that are neither IP nor ARP, and IP behind more than two VLAN tags. */
  otherTypes: z.enum(['drop', 'allow']).default('drop'),
  rules: z.array(Rule).max(10_000).default([]),
});
export type Config = z.infer<typeof Config>;
