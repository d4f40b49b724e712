import { describe, expect, it } from 'vitest';
import { notice, packetIn } from '../index.ts';
import type { ReasonOverrides } from '../plan/index.ts';
import { specOf } from '../spec/index.ts';
import { checkChain, checkWiring } from './check-chain.ts';
import type { Behind } from './placement.ts';
import { planChain } from './plan-chain.ts';
import { type PlacedChain, placeChain } from './positions.ts';
import type { FunctionFace } from './segment.ts';
import { type ChainSpec, lineChain } from './spec.ts';

const both: FunctionFace = { ports: { kind: 'transparent' }, fastPath: 'ingress and egress' };
const one: FunctionFace = { ports: { kind: 'transparent' }, fastPath: 'one' };
const router: FunctionFace = { ports: { kind: 'named', names: ['wan', 'lan', 'dmz'] }, fastPath: 'one' };
const bridge: FunctionFace = { ports: { kind: 'portGroup', max: 2 }, fastPath: 'one' };

const used = (name: string) => ({ name, use: `${name}.vnf.ts` });
const line = (...names: readonly string[]) => lineChain('edge', { interface: 'eth1' }, names.map(used));

interface Given {
  readonly faces?: Readonly<Record<string, FunctionFace>>;
  readonly hook?: 'xdp' | 'tcx';
  readonly handsOver?: boolean;
  readonly present?: PlacedChain;
}

let last = 0;
function place(spec: ChainSpec, { faces = {}, hook = 'xdp', handsOver = false, present }: Given = {}): PlacedChain {
  const functions = new Map(spec.functions.map(({ name }) => [name, faces[name] ?? both] as const));
  const ports = new Map(
    Object.keys(spec.ports).map((name, index) => [name, { ifindex: 10 + index, hook, handsOver }] as const),
  );
  checkChain(spec);
  checkWiring(spec, functions);
  const plan = planChain(spec, { functions, ports });
  return placeChain(spec.name, plan, { present, allocate: () => ++last });
}

/** What packets meet from each root on: functions in order, and how it ends; the exits of a function with ports in brackets. */
function routes({ placements, roots }: PlacedChain): Record<string, string> {
  const byPosition = new Map([...placements.values()].map((placement) => [placement.position, placement]));
  const text = (behind: Behind, seen: readonly number[]): string => {
    if (behind.kind === 'end') return '.';
    if (behind.kind === 'interface') return `if ${behind.ifindex}`;
    const placement = byPosition.get(behind.position);
    if (placement === undefined) return '?';
    if (seen.includes(behind.position)) return '…';
    const { function: name, direction, entry, next, exits } = placement;
    const further = [...seen, behind.position];
    const outs = Object.entries(exits).map(([port, exit]) => `${port}: ${text(exit, further)}`);
    const self = `${name}${direction === 'egress' ? '^' : ''}${outs.length > 0 && entry !== undefined ? `@${entry}` : ''}`;
    return outs.length > 0 ? `${self}[${outs.join('; ')}]` : `${self} ${text(next, further)}`;
  };
  return Object.fromEntries(
    roots.map(({ port, hook, position }) => [`${port} ${hook}`, text({ kind: 'position', position }, [])]),
  );
}

describe('a chain of transparent functions', () => {
  it('is met in order by what enters, and the other way round by what leaves', () => {
    expect(routes(place(line('a', 'b', 'c')))).toEqual({
      'eth1 xdp': 'a b c .',
      'eth1 tcx-egress': 'c^ b^ a^ .',
    });
    expect(routes(place(line('a', 'b'), { hook: 'tcx', faces: { b: one } }))).toEqual({
      'eth1 tcx-ingress': 'a b .',
      'eth1 tcx-egress': 'a^ .',
    });
  });

  it('has what is bounced go out through the functions before', () => {
    const { placements } = place(line('a', 'b', 'c'));
    const backs = [...placements.values()].filter(({ hook, direction }) => hook === 'xdp' && direction === 'ingress');
    const byPosition = new Map([...placements.values()].map((placement) => [placement.position, placement]));
    const back = (behind: Behind) => (behind.kind === 'position' ? byPosition.get(behind.position) : undefined);
    expect(backs.map((placement) => [placement.function, back(placement.back)?.function])).toEqual([
      ['c', 'b'],
      ['b', 'a'],
      ['a', undefined],
    ]);
    const lastOut = back(backs[1]?.back ?? { kind: 'end' });
    expect(lastOut).toMatchObject({ hook: 'xdp', direction: 'egress', next: { kind: 'interface', ifindex: 10 } });
  });

  it('is a wire between two ports', () => {
    const spec = { ...line('a'), ports: { p: { interface: 'p' }, q: { interface: 'q' } }, paths: [['p', 'a', 'q']] };
    expect(routes(place(spec))).toEqual({ 'p xdp': 'a if 11', 'q xdp': 'a^ if 10' });
    expect(routes(place(spec, { hook: 'tcx' }))).toEqual({ 'p tcx-ingress': 'a if 11', 'q tcx-ingress': 'a^ if 10' });
  });

  it('holds 33 functions, and says why not more', () => {
    const names = Array.from({ length: 34 }, (_, index) => `f${index}`);
    expect(routes(place(line(...names.slice(1))))['eth1 xdp']).toBe(`${names.slice(1).join(' ')} .`);
    expect(() => place(line(...names))).toThrow(
      'chain edge: a packet at port eth1 can meet 34 functions, one behind the other',
    );
  });
});

describe('functions with ports', () => {
  const spec: ChainSpec = {
    name: 'edge',
    ports: { outside: { interface: 'eth0' }, inside: { interface: 'eth1' } },
    paths: [
      ['outside', 'a', 'b', 'r:wan'],
      ['r:lan', 'c', 'inside'],
    ],
    functions: ['a', 'b', 'c', 'r'].map(used),
  };

  it('send through the functions of the other port on its way out, in the hook that packets entered by', () => {
    expect(routes(place(spec, { faces: { r: router } }))).toEqual({
      'outside xdp': 'a b r[wan: b^ a^ if 10; lan: c^ if 11]',
      'outside tcx-egress': 'b^ a^ .',
      'inside xdp': 'c r[wan: b^ a^ if 10; lan: c^ if 11]',
      'inside tcx-egress': 'c^ .',
    });
  });

  it('leave those to the interface on tcx', () => {
    expect(routes(place(spec, { faces: { r: router }, hook: 'tcx' }))).toMatchObject({
      'outside tcx-ingress': 'a b r[wan: if 10; lan: if 11]',
      'outside tcx-egress': 'b^ a^ .',
    });
  });

  it('lead to each other, also in circles', () => {
    const two: ChainSpec = {
      name: 'edge',
      ports: { p: { interface: 'p' }, q: { interface: 'q' } },
      paths: [
        ['p', 'r:wan'],
        ['r:lan', 'a', 's:wan'],
        ['s:lan', 'q'],
      ],
      functions: ['a', 'r', 's'].map(used),
    };
    const placed = place(two, { faces: { r: router, s: router } });
    expect(routes(placed)['p xdp']).toBe('r[wan: if 10; lan: a s@wan[wan: a^ r@lan[wan: if 10; lan: …]; lan: if 11]]');
    expect(place(two, { faces: { r: router, s: router }, present: placed })).toEqual(placed);
  });

  it('know their ports in order, and those that lead nowhere', () => {
    const faces = new Map([
      ['a', both],
      ['b', both],
      ['c', both],
      ['r', router],
    ]);
    const ports = new Map([
      ['outside', { ifindex: 10, hook: 'xdp' }],
      ['inside', { ifindex: 11, hook: 'xdp' }],
    ] as const);
    expect(Object.fromEntries(planChain(spec, { functions: faces, ports }).ports)).toEqual({
      a: [{ name: 'outside', ifindex: 10 }],
      b: [{ name: 'outside', ifindex: 10 }],
      c: [{ name: 'inside', ifindex: 11 }],
      r: [
        { name: 'wan', ifindex: 10 },
        { name: 'lan', ifindex: 11 },
        { name: 'dmz', ifindex: 0 },
      ],
    });
  });
});

describe('XDP, which has one packet and sends past all programs,', () => {
  const switching: ChainSpec = {
    name: 'edge',
    ports: { p: { interface: 'p' }, q: { interface: 'q' } },
    paths: [
      ['p', 'a', 's:one'],
      ['s:two', 'q'],
      ['s:up', 't:down'],
    ],
    functions: ['a', 's', 't'].map(used),
  };
  const flooding: FunctionFace = { ports: { kind: 'portGroup', max: 4 }, fastPath: 'one', floods: true };
  const of = ({ placements }: PlacedChain, name: string, hook: string) =>
    [...placements.values()].filter((one) => one.function === name && one.hook === hook);

  it('floods in the stack where more than interfaces is behind ports', () => {
    const placed = place(switching, { faces: { s: flooding, t: { ...flooding, floods: false } } });
    const at = (entry: string | undefined) => of(placed, 's', 'xdp').find((one) => one.entry === entry);
    const raised = (entry: string | undefined) => of(placed, '', 'xdp').find((one) => one.entry === entry)?.position;
    const [other] = of(placed, 't', 'tcx-ingress');
    const [copy, ...more] = of(placed, '', 'tcx-ingress');
    expect(more).toEqual([]);
    expect(at(undefined)?.flood).toEqual({ kind: 'position', position: raised(undefined) });
    expect(at('up')?.flood).toEqual({ kind: 'position', position: raised('up') });
    const interfaces = [10, 11].map((ifindex) => ({ kind: 'interface', ifindex }));
    const up = { kind: 'position', position: other?.position };
    const floods = copy?.own?.kind === 'copy' ? copy.own.floods : [];
    // What comes by `up`, from `t`, does not leave by it.
    expect(new Map(floods.map(({ position, to }) => [position, to]))).toEqual(
      new Map([
        [raised(undefined), [...interfaces, up]],
        [raised('up'), interfaces],
      ]),
    );
    const copying = placed.roots.filter(({ position }) => position === copy?.position);
    expect(copying.map(({ port, hook }) => `${port} ${hook}`)).toEqual(['p tcx-ingress', 'q tcx-ingress']);
    expect(place(switching, { faces: { s: flooding, t: { ...flooding, floods: false } }, present: placed })).toEqual(
      placed,
    );
  });

  it('broadcasts where ports are interfaces, and on tcx, where copies meet the programs of each', () => {
    const plain = { ...switching, paths: [['p', 's:one'], ...switching.paths.slice(1, 2)], functions: [used('s')] };
    for (const placed of [
      place(plain, { faces: { s: flooding } }),
      place(switching, { faces: { s: flooding, t: flooding }, hook: 'tcx' }),
    ]) {
      expect(of(placed, '', 'xdp')).toEqual([]);
      expect(of(placed, '', 'tcx-ingress')).toEqual([]);
    }
  });

  it('routes through the functions of the port by which packets leave', () => {
    const routed: ChainSpec = {
      name: 'edge',
      ports: { p: { interface: 'p' }, q: { interface: 'q' } },
      paths: [
        ['p', 'r', 'host'],
        ['q', 'a', 'b', 'host'],
      ],
      functions: ['a', 'b', 'r'].map(used),
    };
    const placed = place(routed, { faces: { r: { ...one, routes: true } } });
    const [router] = of(placed, 'r', 'xdp');
    const last = of(placed, 'b', 'xdp').find(({ direction }) => direction === 'egress');
    expect(router?.routed).toEqual([{ ifindex: 11, to: { kind: 'position', position: last?.position } }]);
    expect(of(place(routed, { faces: { r: { ...one, routes: true } }, hook: 'tcx' }), 'r', 'tcx-ingress')).toEqual([
      expect.not.objectContaining({ routed: expect.anything() }),
    ]);
    expect(of(place(routed, { faces: { r: one } }), 'r', 'xdp')[0]?.routed).toBeUndefined();
  });

  it('routes on tcx through the functions of ports that hand over, and to their other ends', () => {
    const routed: ChainSpec = {
      name: 'edge',
      ports: { p: { interface: 'p' }, q: { interface: 'q' } },
      paths: [
        ['p', 'r', 'host'],
        ['q', 'a', 'host'],
      ],
      functions: ['a', 'r'].map(used),
    };
    const placed = place(routed, { faces: { r: { ...one, routes: true } }, hook: 'tcx', handsOver: true });
    const [router] = of(placed, 'r', 'tcx-ingress');
    const leaving = of(placed, 'a', 'tcx-ingress').find(({ direction }) => direction === 'egress');
    const peer = (ifindex: number) => ({ kind: 'interface', ifindex, peer: true });
    expect(router?.routed).toEqual([
      { ifindex: 10, to: peer(10) },
      { ifindex: 11, to: { kind: 'position', position: leaving?.position } },
    ]);
    expect([leaving?.next, leaving?.out]).toEqual([peer(11), peer(11)]);
    // What the host itself sends leaves as before.
    expect(of(placed, 'a', 'tcx-egress')).toEqual([expect.objectContaining({ next: { kind: 'end' } })]);
  });
});

describe('ports in several namespaces', () => {
  const spec: ChainSpec = {
    name: 'edge',
    ports: { p: { interface: 'p' }, q: { interface: 'q' } },
    paths: [
      ['p', 'a', 'r:wan'],
      ['r:lan', 'q'],
    ],
    functions: ['a', 'r'].map(used),
  };
  const faces = new Map([
    ['a', both],
    ['r', router],
  ]);
  const port = (ifindex: number, namespace?: string, hook: 'xdp' | 'tcx' = 'xdp') => ({ ifindex, hook, namespace });
  const plan = (p: ReturnType<typeof port>, q: ReturnType<typeof port>, of = faces) =>
    planChain(spec, { functions: of, ports: new Map(Object.entries({ p, q })) });

  it('are joined by XDP, in a way that says so', () => {
    const links = (places: ReturnType<typeof plan>['places']) =>
      [...places.values()].filter(({ direction }) => direction === 'egress').map(({ next }) => next);
    const within = { kind: 'interface', ifindex: 4 };
    expect(links(plan(port(4, 'one'), port(5, 'one')).places)).toContainEqual(within);
    expect(links(plan(port(4, 'one'), port(5, 'two')).places)).toContainEqual({ ...within, crosses: true });
  });

  it.each([
    ['with one number', plan.bind(undefined, port(4, 'one'), port(4)), 'both have number 4'],
    ['on tcx', plan.bind(undefined, port(4, 'one'), port(5, 'two', 'tcx')), 'port q enter on tcx'],
    [
      'of a function that routes',
      plan.bind(undefined, port(4, 'one'), port(5), new Map([...faces, ['r', { ...router, routes: true }]])),
      'function r routes as the host does',
    ],
    [
      'of a function that floods',
      plan.bind(undefined, port(4, 'one'), port(5), new Map([...faces, ['r', { ...router, floods: true }]])),
      'function r floods, has ports in several namespaces',
    ],
  ])('are refused %s', (_, planning, why) => {
    expect(() => planning()).toThrow(why);
  });
});

describe('a change', () => {
  const positions = (placed: PlacedChain, hook: string) =>
    Object.fromEntries(
      [...placed.placements.values()]
        .filter((placement) => placement.hook === hook)
        .map(({ function: name, direction, position }) => [`${name}${direction === 'egress' ? '^' : ''}`, position]),
    );
  const kept = (before: PlacedChain, after: PlacedChain) =>
    Object.entries(positions(after, 'tcx-egress'))
      .filter(([name, position]) => positions(before, 'tcx-egress')[name] === position)
      .map(([name]) => name);

  it('of nothing keeps every place', () => {
    const before = place(line('a', 'b', 'c'));
    expect(place(line('a', 'b', 'c'), { present: before })).toEqual(before);
  });

  it('gives new places to what leads to something new, and to nothing else', () => {
    const before = place(line('a', 'b', 'c'));
    const inserted = place(line('a', 'x', 'b', 'c'), { present: before });
    expect(routes(inserted)['eth1 xdp']).toBe('a x b c .');
    // On the way out a is last: nothing behind it has changed.
    expect(kept(before, inserted)).toEqual(['a^']);
    const removed = place(line('b', 'c'), { present: before });
    expect(kept(before, removed)).toEqual([]);
    const turned = place(line('a', 'c', 'b'), { present: before });
    expect(routes(turned)).toEqual({ 'eth1 xdp': 'a c b .', 'eth1 tcx-egress': 'b^ c^ a^ .' });
    expect(kept(before, turned)).toEqual(['a^']);
  });
});

describe('a spec is refused', () => {
  const base = line('a', 'b');
  const cases: readonly (readonly [string, ChainSpec, (string | number)[], string])[] = [
    ['a name', { ...base, name: 'Edge' }, ['name'], 'this is no name of a chain'],
    ['no function', { ...base, functions: [] }, ['functions'], 'it has no function'],
    [
      'two of one name',
      { ...base, functions: [used('a'), used('a')] },
      ['functions', 1, 'name'],
      'two functions are called a',
    ],
    ['no path', { ...base, paths: [] }, ['paths'], 'it has no path'],
    ['one end', { ...base, paths: [['eth1']] }, ['paths', 0, 0], 'a path has no two ends'],
    ['an end', { ...base, paths: [['eth1', 'a', 'b']] }, ['paths', 0, 2], 'b is no end of a path'],
    ['a function', { ...base, paths: [['eth1', 'a', 'x', 'host']] }, ['paths', 0, 2], 'there is no function x'],
    ['twice', { ...base, paths: [['eth1', 'a', 'b', 'a', 'host']] }, ['paths', 0, 3], 'a is twice on one path'],
    [
      'in the middle',
      { ...base, paths: [['eth1', 'host', 'host']] },
      ['paths', 0, 1],
      'host is in the middle of a path',
    ],
    [
      'nothing between',
      { ...base, paths: [['eth1', 'host']] },
      ['paths', 0, 0],
      'no function is between eth1 and host',
    ],
    ['no such port', { ...base, paths: [['eth1', 'a:x']] }, ['paths', 0, 1], 'function a has no ports of its own'],
    ['not wired', { ...base, paths: [['eth1', 'a', 'host']] }, ['functions', 1], 'no path leads through function b'],
    [
      'a port without a path',
      { ...base, ports: { ...base.ports, eth2: { interface: 'eth2' } } },
      ['ports', 'eth2'],
      'no path ends at port eth2',
    ],
    [
      'an end of two paths',
      {
        ...base,
        paths: [
          ['eth1', 'a', 'host'],
          ['eth1', 'b', 'host'],
        ],
      },
      ['paths', 1, 0],
      'eth1 is the end of two paths',
    ],
  ];
  it.each(cases)('for %s', (_, spec, path, wrong) => {
    expect(() => place(spec)).toThrow(
      expect.objectContaining({ path, wrong, message: `chain ${spec.name}: ${wrong}` }),
    );
  });

  it('for ports that a function has not, or not so many', () => {
    const ports = { p: { interface: 'p' }, q: { interface: 'q' }, s: { interface: 's' } };
    const wired = (paths: ChainSpec['paths'], face: FunctionFace) => () =>
      place({ name: 'edge', ports, paths, functions: [used('r')] }, { faces: { r: face } });
    expect(wired([['p', 'r:up']], router)).toThrow('function r has no port up');
    expect(wired([['p', 'r', 'host']], router)).toThrow(
      'function r has ports of its own, and is in the middle of a path',
    );
    const three = [
      ['p', 'r:1'],
      ['q', 'r:2'],
      ['s', 'r:3'],
    ];
    expect(wired(three, bridge)).toThrow('function r has 3 ports, and 2 at most');
    expect(wired([['r:wan', 'host']], router)).toThrow('a path joins r:wan and host');
  });

  it('for what is said of reasons that cannot be said', () => {
    const face: FunctionFace = {
      ...both,
      reasons: { asked: specOf(packetIn({ limit: '10/s' })), told: specOf(notice({ limit: '10/s' })) },
    };
    const saying = (reasons: ReasonOverrides) => () => {
      place(lineChain('edge', { interface: 'eth1' }, [{ ...used('a'), reasons }]), { faces: { a: face } });
    };
    expect(saying({ asked: { limit: '5/s', snap: 64, way: 'ring' }, told: { limit: '1/s' } })).not.toThrow();
    expect(saying({ other: {} })).toThrow(
      expect.objectContaining({ path: ['functions', 0, 'reasons'], hint: 'its reasons are asked, told' }),
    );
    expect(saying({ asked: { snap: 5 } })).toThrow('5 is no number of bytes of a packet');
    expect(saying({ asked: { limit: '0/s' } })).toThrow("'0/s' is not a rate");
    expect(saying({ told: { snap: 64 } })).toThrow('it is a notice, with which no packet goes up');
  });
});
