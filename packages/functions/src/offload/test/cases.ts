import type { CaseOf } from '@twinpath/testing';
import type offload from '../offload.vnf.ts';

type Case = CaseOf<typeof offload>;
type Step = Case['steps'][number];

const [inner, outer] = ['10.0.0.1', '192.0.2.1'];
type Flags = 'syn' | 'syn ack' | 'ack' | 'fin ack' | 'rst';
const packet = (from: string, to: string, flags: Flags, [sport, dport] = [5000, 80]) =>
  `ip ${from} > ${to} / tcp ${sport} > ${dport} ${flags}`;
const out = (flags: Flags = 'ack') => packet(inner, outer, flags);
const back = (flags: Flags = 'ack') => packet(outer, inner, flags, [80, 5000]);

const toHost = (send: string): Step => ({ send, verdict: 'next', counts: { host: 1 } });
const leaves = (send: string, isAccepted = true): Step => ({
  send,
  direction: 'egress',
  verdict: 'next',
  counts: isAccepted ? { accepted: 1 } : {},
});
/** The kernel that runs the case has no route for it. */
const offloaded = (send: string): Step => ({ send, verdict: 'stack', counts: { offloaded: 1 } });
const through = (send: string): readonly Step[] => [toHost(send), leaves(send)];
const established = [...through(out('syn')), ...through(back('syn ack')), offloaded(out()), offloaded(back())];
const late = (step: Step): Step => ({ ...step, after: '1100 ms' });

export const cases: readonly Case[] = [
  { title: 'a flow is forwarded when the host has let it through in both directions', steps: established },
  {
    title: 'a flow that nobody has answered stays with the host',
    steps: [...through(out('syn')), toHost(out()), leaves(out()), toHost(out())],
  },
  {
    title: 'what the host does not let through is never forwarded',
    steps: [toHost(back('syn')), toHost(back()), toHost(out()), toHost(back())],
  },
  {
    title: 'when a lease is over the host is asked again, by as many packets as it takes',
    steps: [
      ...established,
      late(toHost(out())),
      toHost(out()),
      leaves(out()),
      offloaded(out()),
      // Each direction has a lease of its own.
      toHost(back()),
      leaves(back()),
      offloaded(back()),
    ],
  },
  {
    title: 'a lease is not renewed by what leaves without having been given to the host',
    steps: [...established, leaves(out(), false), late(toHost(out())), toHost(out())],
  },
  { title: 'what the host itself sends needs no lease', steps: [leaves(out(), false), toHost(out())] },
  {
    title: 'the end of a connection is the host’s, in both directions',
    steps: [
      ...established,
      ...through(out('fin ack')),
      ...through(back()),
      toHost(back()),
      ...through(out()),
      toHost(out()),
    ],
  },
  { title: 'so is a reset', steps: [...established, ...through(back('rst')), toHost(out()), toHost(back())] },
  {
    title: 'a connection that begins anew on old ports is asked for anew',
    steps: [
      ...established,
      ...through(out('syn')),
      toHost(out()),
      toHost(back()),
      leaves(back()),
      leaves(out()),
      offloaded(out()),
    ],
  },
  {
    title: 'UDP over IPv6 likewise',
    steps: [
      ...through('ip fd00::1 > 2001:db8::1 / udp 5000 > 53'),
      ...through('ip 2001:db8::1 > fd00::1 / udp 53 > 5000'),
      offloaded('ip fd00::1 > 2001:db8::1 / udp 5000 > 53'),
    ],
  },
  {
    title: 'what is neither TCP nor UDP is not its business',
    steps: [
      { send: 'ip 10.0.0.1 > 192.0.2.1 / icmp echo-request', verdict: 'next', counts: {} },
      { send: 'arp who-has 10.0.0.1 tell 10.0.0.2', verdict: 'next', counts: {} },
    ],
  },
];
