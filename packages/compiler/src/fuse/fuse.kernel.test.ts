import { cpus } from 'node:os';
import { BpfMap, BpfProgram, createMaps, setTailCall } from '@twinpath/ebpf';
import { expect, it } from 'vitest';
import { chainMap, PATH } from '../abi/chain.ts';
import { compileProgram } from '../backend/index.ts';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { makePacket } from '../fuzz/packets.ts';
import { Random } from '../fuzz/random.ts';
import type { Program } from '../ir/types.ts';
import { alone, FIRST, fused, type Link, lowerChain, mapsFor } from './fixtures/chain.ts';

const LINKS: readonly Link[] = [
  { does: 'ask', drops: 64 },
  { does: 'remember', stacks: 32 },
  { does: 'pin' },
  { does: 'hop' },
  { does: 'mark' },
  { does: 'tag' },
];

it.each(['xdp', 'tcx-ingress'] as const)('the kernel does on %s as tail calls and the evaluator do', (hook) => {
  using owned = new DisposableStack();
  const chain = lowerChain(hook, LINKS);
  const made = fused(chain);
  const whole = made.program;
  const standing = new Map([...chain.parts.keys()].map((position) => [position, alone(chain, position)] as const));
  const kernels = [standing.get(FIRST), whole].map((first) => {
    const specs = [...chain.maps.filter(({ name }) => name !== PATH), ...mapsFor(made, cpus().length)];
    const path = owned.use(BpfMap.create(chainMap('path', FIRST + LINKS.length)));
    const maps = { ...createMaps(specs, owned), [PATH]: path };
    const load = (program: Program) =>
      owned.use(BpfProgram.load({ ...compileProgram(program).spec, name: 'fused' }, { maps }));
    for (const [position, program] of standing) setTailCall(path, position, load(program));
    if (first === undefined) throw new Error('there is a first place');
    return { maps, program: load(first) };
  });
  const evaluated = new EvaluatorMaps([...chain.maps, ...mapsFor(made)]);
  const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  for (const position of standing.keys()) evaluated.store(PATH).update(word(position), word(position), 'any');
  const environment = createEnvironment({ program: (position) => standing.get(position) });
  const random = new Random(9);
  const packets = Array.from({ length: 60 }, () => makePacket(random, hook));
  for (let sent = 0; sent < 200; sent++) {
    const data = random.pick(packets);
    const [called, together] = kernels.map(({ program }) => {
      const { retval, data: after } = program.testRun({ data });
      return `${retval} ${Buffer.from(after).toString('hex')}`;
    });
    const { returned, packet } = evaluate(whole, { packet: data, maps: evaluated, environment });
    expect(together).toBe(called);
    expect(together).toBe(`${BigInt.asUintN(32, returned)} ${Buffer.from(packet).toString('hex')}`);
  }
});
