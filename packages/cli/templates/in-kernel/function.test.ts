import { testPackets } from '@twinpath/testing';
import myFunction from './my-function.vnf.ts';

testPackets(myFunction, [
  {
    title: 'drops what goes to the closed port, of TCP and UDP, IPv4 and IPv6',
    steps: [
      { send: 'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 9', verdict: 'drop', counts: { closed: 1 } },
      { send: 'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 9 syn', verdict: 'drop', counts: { closed: 1 } },
      { send: 'ip 2001:db8::1 > 2001:db8::2 / udp 4000 > 9', verdict: 'drop', counts: { closed: 1 } },
      { send: 'ip 10.0.0.1 > 10.0.0.2 / udp 9 > 4000', verdict: 'next' },
    ],
  },
  {
    title: 'the port is that of the configuration',
    config: { closedPort: 80 },
    steps: [
      { send: 'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 syn', verdict: 'drop', counts: { closed: 1 } },
      { send: 'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 9 syn', verdict: 'next' },
    ],
  },
]);
