import { testPackets } from '@twinpath/testing';
import { test } from 'vitest';
import firewall from './firewall.vnf.ts';

testPackets(
  firewall,
  [
    {
      title: 'lets in the answers to what went out, and nothing else',
      config: { rules: [{ direction: 'out', action: 'allow', protocol: 'tcp', port: 443 }] },
      steps: [
        {
          send: 'ip 198.51.100.9 > 10.0.0.1 / tcp 443 > 40000 syn ack',
          verdict: 'drop',
          counts: { refused: 1 },
        },
        {
          direction: 'egress',
          send: 'ip 10.0.0.1 > 198.51.100.9 / tcp 40000 > 443 syn',
          verdict: 'next',
          counts: { opened: 1 },
        },
        { send: 'ip 198.51.100.9 > 10.0.0.1 / tcp 443 > 40000 syn ack', verdict: 'next', counts: { known: 1 } },
        { send: 'ip 198.51.100.9 > 10.0.0.1 / tcp 443 > 40001 syn ack', verdict: 'drop', counts: { refused: 1 } },
      ],
    },
  ],
  { test },
);
