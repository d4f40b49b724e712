import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import { makePacket } from '../fuzz/packets.ts';
import { Random } from '../fuzz/random.ts';
import type { Hook, Program } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { optimise } from '../optimise/index.ts';
import { alone, counted, FIRST, fused, type Link, type LoweredChain, lowerChain, mapsFor } from './fixtures/chain.ts';
import { type Fused, fuseChain } from './fuse.ts';
import { sitesOf } from './sites.ts';

const CHAINS: Readonly<Record<string, readonly Link[]>> = {
  'counts and counts': [{ does: 'count' }, { does: 'count' }],
  'drops, remembers, counts': [{ does: 'count', drops: 64 }, { does: 'remember', stacks: 32 }, { does: 'count' }],
  'counts behind what rewrites': [{ does: 'remember' }, { does: 'rewrite' }, { does: 'remember' }],
  'counts behind what moves the packet': [{ does: 'count' }, { does: 'tag' }, { does: 'remember' }],
  'hands up in the middle': [{ does: 'count' }, { does: 'up' }, { does: 'remember' }],
};
const HOOKS: readonly Hook[] = ['xdp', 'tcx-ingress'];
const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

const sizeOf = ({ blocks }: Program): number =>
  blocks.reduce((sum, { phis, instructions }) => sum + phis.length + instructions.length + 1, 0);

/** What becomes of packets, and what all maps hold then. */
function run(
  { maps: specs, parts }: LoweredChain,
  first: Program,
  standing: (position: number) => Program,
  { ways = [], lines = 0 }: Partial<Fused> = {},
) {
  const maps = new EvaluatorMaps([...specs, ...mapsFor({ ways, lines })]);
  for (const position of parts.keys()) maps.store('path of the chain').update(word(position), word(position), 'any');
  const environment = createEnvironment({ program: standing });
  const random = new Random(5);
  const outcomes = Array.from({ length: 120 }, () => {
    const packet = makePacket(random, first.hook);
    const { returned, packet: after } = evaluate(first, { packet, maps, environment });
    return `${returned} ${Buffer.from(after).toString('hex')}`;
  });
  const held = specs.flatMap(({ name, type }) =>
    type === 'ringbuf' || type === 'prog-array' || name.endsWith('/state') || name.endsWith('/counters')
      ? []
      : [...maps.store(name).entries()].map(
          ([key, value]) => `${name} ${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`,
        ),
  );
  return { outcomes, held, counted: counted(specs, maps, ways) };
}

describe.each(HOOKS)('a fused chain on %s', (hook) => {
  it.each(Object.entries(CHAINS))('that %s does as its tail calls do', (_, links) => {
    const chain = lowerChain(hook, links);
    const made = fused(chain);
    const { program, positions } = made;
    // Where the kernel's own memory is read, the rules of types do not hold.
    if (hook === 'xdp') validate(program);
    expect([...positions]).toEqual([...chain.parts.keys()]);
    const programs = new Map([...chain.parts.keys()].map((position) => [position, alone(chain, position)] as const));
    const standing = (position: number) => {
      const found = programs.get(position);
      if (found === undefined) throw new Error(`no program at ${position}`);
      return found;
    };
    const wanted = run(chain, standing(FIRST), standing);
    expect(new Set(wanted.outcomes).size).toBeGreaterThan(20);
    expect(run(chain, program, standing, made)).toEqual(wanted);
    expect(run(chain, optimise(program), standing, made)).toEqual(wanted);
  });
});

describe('fusing', () => {
  it('gives the same where steps of joining are remembered, and other programs where a function has changed', () => {
    const links: readonly Link[] = [{ does: 'ask' }, { does: 'remember' }, { does: 'count' }];
    const before = lowerChain('xdp', links);
    const behind = lowerChain('xdp', [...links.slice(0, 2), { does: 'up' }]);
    const parts = (last: LoweredChain) =>
      new Map(
        [...before.parts].map(([position, part]) => {
          return [position, position === FIRST + 2 ? (last.parts.get(position) ?? part) : part] as const;
        }),
      );
    const fuse = (name: string, last: LoweredChain) => {
      const { program } = fuseChain({ name, hook: 'xdp', first: FIRST, parts: parts(last) });
      return { ...program, name: '' };
    };
    expect(fuse('one', before)).toEqual(fuse('other', before));
    const again = fuse('one', behind);
    expect(again).toEqual(fuse('third', behind));
    expect(again).not.toEqual(fuse('one', before));
  });

  it('asks of a packet once what several functions ask', () => {
    const one = lowerChain('xdp', [{ does: 'count' }]);
    const eight = lowerChain(
      'xdp',
      Array.from({ length: 8 }, () => ({ does: 'count' }) as const),
    );
    const checks = ({ blocks }: Program) => blocks.filter(({ terminator }) => terminator.op === 'in-packet').length;
    const single = checks(optimise(fused(one).program));
    // The first function's own, in copies for ways that have copies, and none of the others.
    expect(checks(optimise(fused(eight).program))).toBeLessThan(5 * single);
  });

  it.each(HOOKS)('takes any number of small functions, and counts one number for a way through them, on %s', (hook) => {
    const chain = lowerChain(
      hook,
      Array.from({ length: 8 }, () => ({ does: 'count' }) as const),
    );
    const { program, ways, left } = fused(chain);
    expect(left).toEqual([]);
    const maps = program.blocks.flatMap(({ instructions }) =>
      instructions.flatMap((one) => (one.op === 'map' ? [one.name] : [])),
    );
    expect(maps.filter((name) => name.endsWith('/counters'))).toEqual([]);
    // Each of the eight counts packets, verdict and what its author counts.
    expect(Math.max(...ways.map(({ length }) => length))).toBeGreaterThanOrEqual(24);
  });

  it('leaves calls of places that it has no program of', () => {
    const chain = lowerChain('xdp', [{ does: 'count' }, { does: 'count' }, { does: 'count' }]);
    const without = new Map([...chain.parts].filter(([position]) => position !== FIRST + 1));
    const { program, positions } = fused({ ...chain, parts: without });
    expect([...positions]).toEqual([FIRST]);
    expect(new Set(sitesOf(program).map(({ position }) => position))).toEqual(new Set([FIRST + 1]));
  });

  it('takes as many functions as there is room for, and says why the others follow', () => {
    const { hook, parts } = lowerChain('xdp', [{ does: 'ask' }, { does: 'ask' }, { does: 'ask' }]);
    const made = (room: number) => fuseChain({ name: 'fused', hook, first: FIRST, parts, room });
    const bare = [...parts.keys()].map((position) => sizeOf(alone({ hook, parts, maps: [] }, position)));
    const [first = 0, ...others] = bare;
    const all = others.reduce((sum, size) => sum + size, first);
    // As lowered they would not even find this room.
    expect([...parts.values()].reduce((sum, { ir }) => sum + sizeOf(ir), 0)).toBeGreaterThan(all);
    expect([...made(all).positions]).toEqual([FIRST, FIRST + 1, FIRST + 2]);
    expect(made(all).left).toEqual([]);
    const { positions, left } = made(first + 8);
    expect([...positions]).toEqual([FIRST]);
    expect(left).toEqual([
      { position: FIRST + 1, why: expect.stringMatching(/^it has \d+ instructions, and of \d+ that/) },
      { position: FIRST + 2, why: 'it is behind link 1' },
    ]);
  });
});
