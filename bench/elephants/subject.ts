// Firewall and DPI in this process's network namespace. Operand: ports of servers whose flows are let alone, with commas. Each line
// on standard input is answered with what has become of packets so far.
import { createInterface } from 'node:readline';
import { libraryFunctions } from '@twinpath/functions';
import { startChain } from '@twinpath/runtime';
import { CLIENTS } from '../network/network.ts';
import type { Inspected } from './messages.ts';
import { refused } from './refused.ts';

const [, , ports = ''] = process.argv;
const alone = ports === '' ? [] : ports.split(',').map(Number);
const rules = [
  { action: 'allow', direction: 'out' },
  ...refused.map((from) => ({ action: 'drop', from: [`${from}/32`] })),
  { action: 'allow', protocol: ['tcp'] },
];
const chain = await startChain({
  name: `bench-elephants-${process.pid}`,
  ports: { [CLIENTS]: { interface: CLIENTS, hook: 'tcx' } },
  paths: [[CLIENTS, 'firewall', 'inspect', 'host']],
  functions: [
    { name: 'firewall', use: libraryFunctions().get('firewall') ?? '', config: { stateful: false, rules } },
    { name: 'inspect', use: new URL('inspect.vnf.ts', import.meta.url).pathname, config: { alone } },
  ],
});
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'inspected') break;
  console.log(JSON.stringify(await inspected()));
}
await chain.stop();
// Open, it would keep the process.
process.stdin.destroy();

async function inspected(): Promise<Inspected> {
  const [firewall, inspect] = (await chain.statistics()).functions;
  const { up = 0, lost = 0 } = inspect?.reasons.sample ?? {};
  return {
    packets: inspect?.packets ?? 0,
    refused: firewall?.verdicts.drop ?? 0,
    shown: up + lost,
    seen: inspect?.slowPath.handedUp ?? 0,
  };
}
