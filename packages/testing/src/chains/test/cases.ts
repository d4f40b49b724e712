// What chains must do, whatever way they are run: kernel and engine, function by function, by tail calls, or as one program.
import { join } from 'node:path';
import { importVnf } from '@twinpath/compiler';
import { packetFromText } from '@twinpath/packet';
import { lineChain } from '@twinpath/vnf/chain';
import type { ChainFunction, ChainPacket, ChainUnderTest } from '../chain-under-test.ts';

export interface ChainCase {
  readonly title: string;
  readonly chain: ChainUnderTest;
  readonly packets: readonly ChainPacket[];
  /** For each packet: how it ends, and the digits of the functions that it met. */
  readonly expected: readonly string[];
}

const imported = {
  step: await importVnf(join(import.meta.dirname, 'step.vnf.ts')),
  entering: await importVnf(join(import.meta.dirname, 'entering.vnf.ts')),
};

interface Ends {
  readonly drops?: number;
  readonly stacks?: number;
  readonly bounces?: number;
}
const step = (digit: number, ends: Ends = {}): ChainFunction => ({
  name: `s${digit}`,
  imported: imported.step,
  config: { digit, ...ends },
});
const entering: ChainFunction = { name: 'entering', imported: imported.entering };

const own = ({ name }: ChainFunction) => ({ name, use: name });
const line = (...functions: readonly ChainFunction[]): ChainUnderTest => ({
  spec: lineChain('line', { name: 'p', interface: 'p' }, functions.map(own)),
  functions,
});
const wire = (...functions: readonly ChainFunction[]): ChainUnderTest => ({
  spec: {
    name: 'wire',
    ports: { p: { interface: 'p' }, q: { interface: 'q' } },
    paths: [['p', ...functions.map(({ name }) => name), 'q']],
    functions: functions.map(own),
  },
  functions,
});

const udp = (sport: number) => packetFromText(`ip 10.0.0.1 > 10.0.0.2 / udp ${sport} > 0 / "x"`);
const enters = (sport: number, port = 'p'): ChainPacket => ({ port, direction: 'ingress', bytes: udp(sport) });
const leaves = (sport: number, port = 'p'): ChainPacket => ({ port, direction: 'egress', bytes: udp(sport) });
const arp = packetFromText('arp who-has 10.0.0.2 tell 10.0.0.1');

export const CHAIN_CASES: readonly ChainCase[] = [
  { title: 'one function', chain: line(step(1)), packets: [enters(1), leaves(1)], expected: ['host 1', 'out 1'] },
  {
    title: 'functions in order, and in the other on the way out',
    chain: line(step(1), step(2), step(3)),
    packets: [enters(1), leaves(1)],
    expected: ['host 123', 'out 321'],
  },
  {
    title: 'a packet that no function changes',
    chain: line(step(1), step(2)),
    packets: [
      { port: 'p', direction: 'ingress', bytes: arp },
      { port: 'p', direction: 'egress', bytes: arp },
    ],
    expected: ['host -', 'out -'],
  },
  {
    title: 'a packet that is dropped on the way',
    chain: line(step(1), step(2, { drops: 7 }), step(3)),
    packets: [enters(7), leaves(7), enters(8)],
    expected: ['drop 12', 'drop 32', 'host 123'],
  },
  {
    title: 'a packet for the stack, past those that follow',
    chain: line(step(1), step(2, { stacks: 7 }), step(3)),
    packets: [enters(7), leaves(7)],
    expected: ['host 12', 'out 32'],
  },
  {
    title: 'a packet that is bounced, through those before',
    chain: line(step(1), step(2), step(3, { bounces: 7 }), step(4)),
    packets: [enters(7)],
    expected: ['out 12321'],
  },
  {
    title: 'a packet that the first bounces',
    chain: line(step(1, { bounces: 7 }), step(2)),
    packets: [enters(7)],
    expected: ['out 1'],
  },
  {
    title: 'a bounced packet that is dropped on its way back',
    chain: line(step(1, { stacks: 9 }), step(2, { bounces: 7 })),
    packets: [enters(7), enters(9)],
    expected: ['out 121', 'host 1'],
  },
  {
    title: 'a function that sees only what enters',
    chain: line(step(1), entering, step(2)),
    packets: [enters(1), leaves(1)],
    expected: ['host 192', 'out 21'],
  },
  {
    title: 'a wire between two ports',
    chain: wire(step(1), step(2)),
    packets: [enters(1), enters(1, 'q')],
    expected: ['out 12', 'out 21'],
  },
  {
    title: 'a wire from which packets go to the stack',
    chain: wire(step(1, { stacks: 7 }), step(2)),
    packets: [enters(7), enters(7, 'q')],
    expected: ['host 1', 'out 21'],
  },
  {
    title: '33 functions',
    chain: line(...Array.from({ length: 33 }, (_, index) => ({ ...step(index % 10), name: `f${index}` }))),
    packets: [enters(1)],
    // The last digits of a number that has overflown 16 bits many times.
    expected: [
      `host ${Array.from({ length: 33 }, (_, index) => index % 10).reduce((port, digit) => (port * 10 + digit) % 65_536, 0)}`,
    ],
  },
];
