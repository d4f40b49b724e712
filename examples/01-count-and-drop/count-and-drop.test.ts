import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import countAndDrop from './count-and-drop.vnf.ts';

testPackets(
  countAndDrop,
  [
    {
      title: 'drops one UDP port, of IPv4 and IPv6, and nothing else',
      steps: [
        { send: 'ip 10.0.0.2 > 10.0.0.1 / udp 40000 > 9', verdict: 'drop', counts: { dropped: 1 } },
        { send: 'ip 2001:db8::2 > 2001:db8::1 / udp 40000 > 9', verdict: 'drop', counts: { dropped: 1 } },
        { send: 'ip 10.0.0.2 > 10.0.0.1 / udp 9 > 40000', verdict: 'next' },
        { send: 'ip 10.0.0.2 > 10.0.0.1 / tcp 40000 > 9 syn', verdict: 'next' },
      ],
      finally({ seen }) {
        const packets = new Map([...seen].map(([{ protocol }, traffic]) => [protocol, traffic.packets]));
        if (packets.get('udp') !== 3 || packets.get('tcp') !== 1) throw new Error(`counted ${[...packets].join(' ')}`);
      },
    },
    {
      title: 'the port is that of the configuration',
      config: { closedPort: 53 },
      steps: [
        { send: 'ip 10.0.0.2 > 10.0.0.1 / udp 40000 > 53', verdict: 'drop', counts: { dropped: 1 } },
        { send: 'ip 10.0.0.2 > 10.0.0.1 / udp 40000 > 9', verdict: 'next' },
      ],
    },
  ],
  { test, executors: ['evaluator'] },
);
