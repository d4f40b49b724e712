import { testPackets } from '@twinpath/testing';
import myFunction from './my-function.vnf.ts';

testPackets(
  myFunction,
  [
    {
      title: 'what has no route is the host’s',
      steps: [
        { send: 'ip 10.1.0.2 > 203.0.113.9 / udp 4000 > 9', port: 'wan', verdict: 'stack' },
        { send: 'arp who-has 10.1.0.1 tell 10.1.0.2', port: 'lan', verdict: 'stack' },
      ],
    },
  ],
  // The kernel has interfaces, and a test has none: one for each port is more than it can stand for.
  { executors: ['evaluator', 'engine'] },
);
