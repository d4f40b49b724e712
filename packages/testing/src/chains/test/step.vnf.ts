// One function of a chain: it writes its number into packets and ends some of them, by source port.
import { bounce, drop, next, type Packet, stack, type Verdict, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const Port = z.int().default(0);
const Config = z.object({ digit: z.int(), drops: Port, stacks: Port, bounces: Port });

function write(packet: Packet, digit: number): number {
  const udp = packet.ip()?.udp();
  if (!udp) return 0;
  const { sport } = udp;
  udp.dport = (udp.dport * 10 + digit) % 65536;
  return sport;
}

export default vnf({
  name: 'step',
  config: Config,
  fastPath: {
    ingress(packet, config): Verdict {
      const sport = write(packet, config.digit);
      if (sport === 0) return next;
      if (sport === config.drops) return drop;
      if (sport === config.stacks) return stack;
      return sport === config.bounces ? bounce : next;
    },
    egress(packet, config): Verdict {
      const sport = write(packet, config.digit);
      if (sport === 0) return next;
      if (sport === config.drops) return drop;
      return sport === config.stacks ? stack : next;
    },
  },
});
