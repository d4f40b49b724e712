import { packetFromText } from '@twinpath/packet';
import { type ExecutorName, startUnderTest } from '@twinpath/testing';
import firewall from '../firewall.vnf.ts';

const LOGGED = packetFromText('ip 192.0.2.1 > 198.51.100.1 / tcp 40000 > 80 syn');
const OTHER = packetFromText('ip 192.0.2.1 > 198.51.100.1 / udp 40000 > 53');

export interface Sample {
  readonly notices: number;
  /** How many of the packets of a rule without a log were. */
  readonly others: number;
}

/** Of so many packets of a rule that logs one in `log`. */
export async function sample(executor: ExecutorName, packets: number, log: number): Promise<Sample> {
  const rules = [
    { action: 'allow' as const, protocol: 'tcp' as const, log },
    { action: 'allow' as const, protocol: 'udp' as const },
  ];
  using under = await startUnderTest(firewall, { executor, config: { stateful: false, rules } });
  const noticesOf = (bytes: Uint8Array, count: number) => {
    let notices = 0;
    for (let sent = 0; sent < count; sent++) notices += under.send(bytes).notices.length;
    return notices;
  };
  return { notices: noticesOf(LOGGED, packets), others: noticesOf(OTHER, 100) };
}

/** As many as a binomial share differs from its mean by, so many standard deviations off. */
export function within(packets: number, log: number, deviations: number): readonly [least: number, most: number] {
  const mean = packets / log;
  const off = deviations * Math.sqrt(mean * (1 - 1 / log));
  return [mean - off, mean + off];
}
