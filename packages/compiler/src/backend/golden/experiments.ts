import type { Experiment } from '../../fuzz/experiment.ts';
import { makePacket } from '../../fuzz/packets.ts';
import { Random } from '../../fuzz/random.ts';
import { cases } from './cases.ts';

const PACKETS = 20;

/** The cases on packets and tables that are always the same. */
export function goldenExperiments(): readonly (Experiment & { readonly title: string })[] {
  const random = new Random(1);
  const packets = Array.from({ length: PACKETS }, () => makePacket(random, 'tcx-ingress'));
  const skb = { mark: 0, priority: 0, cb: [0, 0, 0, 0, 0] };
  return cases.map(({ title, program }) => ({ title, program, packets, tableSeed: 5, skb }));
}
