import { BpfMap, BpfProgram, createMaps, setTailCall } from '@twinpath/ebpf';
import { expect, it } from 'vitest';
import { chainMap, PATH, WAY_COUNTS } from '../abi/chain.ts';
import { compileProgram } from '../backend/index.ts';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { makePacket } from '../fuzz/packets.ts';
import { Random } from '../fuzz/random.ts';
import { alone, FIRST, fused, type Link, lowerChain } from './fixtures/chain.ts';
import { waysMap } from './fuse.ts';

const LINKS: readonly Link[] = [{ does: 'count', drops: 64 }, { does: 'remember', stacks: 32 }, { does: 'tag' }];

it.each(['xdp', 'tcx-ingress'] as const)('the kernel does on %s as tail calls and the evaluator do', (hook) => {
  using owned = new DisposableStack();
  const chain = lowerChain(hook, LINKS);
  const positions = [...chain.parts.keys()];
  const own = createMaps(
    chain.maps.filter(({ name }) => name !== PATH),
    owned,
  );
  const path = owned.use(BpfMap.create(chainMap('path', FIRST + LINKS.length)));
  const { program: whole, ways } = fused(chain);
  const counts = owned.use(BpfMap.create(waysMap(ways)));
  const maps = { ...own, [PATH]: path, [WAY_COUNTS]: counts };
  const load = (program: Parameters<typeof compileProgram>[0]) =>
    owned.use(BpfProgram.load({ ...compileProgram(program).spec, name: 'fused' }, { maps }));
  const standing = new Map(positions.map((position) => [position, alone(chain, position)] as const));
  const loaded = new Map([...standing].map(([position, program]) => [position, load(program)] as const));
  for (const [position, program] of loaded) setTailCall(path, position, program);
  const runs = [loaded.get(FIRST), load(whole)];
  const evaluated = new EvaluatorMaps([...chain.maps, waysMap(ways)]);
  const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  for (const position of positions) evaluated.store(PATH).update(word(position), word(position), 'any');
  const environment = createEnvironment({ program: (position) => standing.get(position) });
  const random = new Random(9);
  for (let sent = 0; sent < 150; sent++) {
    const data = makePacket(random, hook);
    const [called, together] = runs.map((program) => {
      const { retval, data: after } = program?.testRun({ data }) ?? { retval: undefined, data: new Uint8Array() };
      return `${retval} ${Buffer.from(after).toString('hex')}`;
    });
    const { returned, packet } = evaluate(whole, { packet: data, maps: evaluated, environment });
    expect(together).toBe(called);
    expect(together).toBe(`${BigInt.asUintN(32, returned)} ${Buffer.from(packet).toString('hex')}`);
  }
});
