import { testPackets } from '@twinpath/testing';
import myFunction from './my-function.vnf.ts';

const PACKET = 'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 9';

testPackets(myFunction, [
  {
    title: 'an unknown sender is asked about, and what is not IP passes',
    steps: [
      { send: PACKET, verdict: 'slowPath unknown', metadata: { sender: '10.0.0.1' } },
      { send: 'arp who-has 10.0.0.2 tell 10.0.0.1', verdict: 'next' },
    ],
  },
  {
    title: 'a known sender is decided about in the kernel',
    given: ({ senders }) => senders.set({ sender: '10.0.0.1' }, { action: 'drop' }),
    steps: [{ send: PACKET, verdict: 'drop' }],
  },
]);
