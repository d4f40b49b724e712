// What a packet meets says its source port: 1 goes on, 2 ends, 3 goes back, 4 goes on from another source port.
import { bounce, drop, next, type Packet, type Verdict, vnf } from '@twinpath/vnf';

export default vnf({
  name: 'reflect',
  fastPath(packet: Packet): Verdict {
    const ethernet = packet.ethernet();
    const ip = packet.ip();
    const udp = ip?.udp();
    if (!ethernet || !ip || !udp) return next;
    switch (udp.sport) {
      case 2:
        return drop;
      case 3: {
        const { src, dst } = ethernet;
        ethernet.src = dst;
        ethernet.dst = src;
        const { src: from, dst: to } = ip;
        ip.src = to;
        ip.dst = from;
        return bounce;
      }
      case 4:
        udp.sport = 44;
        return next;
      default:
        return next;
    }
  },
});
