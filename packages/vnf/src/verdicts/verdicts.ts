import type { Port } from '@twinpath/packet';
import type { NextHop, Packet } from '../packet/packet.ts';
import type { PortGroup } from '../ports/ports.ts';
import type { Metadata, Notice, PacketCopy, PacketIn } from '../reasons/reasons.ts';
import { fastPathOnly } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { VerdictSpec } from '../spec/specs.ts';
import type { Shape } from '../types/type.ts';

/** What becomes of a packet. */
export interface Verdict {
  readonly [SPEC]: VerdictSpec;
}

function constant(verdict: VerdictSpec['verdict']): Verdict {
  return Object.freeze({ [SPEC]: Object.freeze({ kind: 'verdict', verdict }) });
}

/** The packet ends here. */
export const drop = constant('drop');
/** On to the following function of the chain; behind the last one, on its way. */
export const next = constant('next');
/** To the Linux network stack, whatever follows in the chain. */
export const stack = constant('stack');
/** Out of the port it came in by. */
export const bounce = constant('bounce');

const ANSWER = 'on Node answer the held packet';
const SEND = 'on Node send through a port of the instance';
const TELL = 'on Node call the code that would handle it';

/** Out of a port; or as a router forwards: to a next hop, with both Ethernet addresses written and `hops` one less. */
export const forward: (to: Port | NextHop) => Verdict = fastPathOnly('forward', ANSWER);
/** Out of every port of the group but the one it came in by. */
export const flood: (group: PortGroup) => Verdict = fastPathOnly('flood', SEND);
/** `stack`, on the CPU that the number chooses, as `hash(flow)` does: what the host does with packets of one number is done by one
 *  CPU. On XDP only. */
export const spread: (by: number) => Verdict = fastPathOnly('spread', ANSWER);
/** As the host's routing table says; to the stack when the kernel must do more (resolve a neighbour, answer, fragment). */
export const route: (packet: Packet) => Verdict = fastPathOnly('route', ANSWER);
/** The packet itself goes up, and the slow path answers for it. Over the reason's limit: its `overLimit`. */
export const slowPath: <M extends Shape>(reason: PacketIn<M>, ...metadata: Metadata<M>) => Verdict = fastPathOnly(
  'slowPath',
  TELL,
);
/** A copy leaves by the port as the packet is now, and the packet goes on. Not on XDP, which cannot copy. */
export const clone: (to: Port) => void = fastPathOnly('clone', SEND);
/** A copy goes up, the packet goes on. Over the limit: no copy. */
export const copyToSlowPath: <M extends Shape>(reason: PacketCopy<M>, ...metadata: Metadata<M>) => void = fastPathOnly(
  'copyToSlowPath',
  TELL,
);
/** Facts go up, without the packet. Over the limit: lost, and counted. */
export const notify: <M extends Shape>(reason: Notice<M>, ...metadata: Metadata<M>) => void = fastPathOnly(
  'notify',
  TELL,
);
