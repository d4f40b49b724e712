import { describe, expect, it } from 'vitest';
import { ChainFile } from './chain-file.ts';
import { readChainFile } from './read-chain-file.ts';

const LIBRARY = new Set(['firewall', 'dpi', 'load-balancer', 'router']);
const find = (use: string) =>
  LIBRARY.has(use)
    ? { name: use, file: `/library/${use}.vnf.ts` }
    : use.endsWith('.vnf.ts')
      ? { name: use.slice(2, -7), file: `/here/${use.slice(2)}` }
      : { wrong: `there is no function '${use}'`, hint: 'the library has others' };
const read = (file: object) => readChainFile(ChainFile.parse(file), { name: 'edge', find });
const library = (name: string) => ({ name, use: `/library/${name}.vnf.ts` });

describe('a chain file', () => {
  it.each(['firewall → dpi → load-balancer', 'firewall -> dpi->load-balancer'])('reads like %s', (chain) => {
    expect(read({ interface: 'eth1', chain }).spec).toEqual({
      name: 'edge',
      ports: { eth1: { interface: 'eth1' } },
      paths: [['eth1', 'firewall', 'dpi', 'load-balancer', 'host']],
      functions: ['firewall', 'dpi', 'load-balancer'].map(library),
    });
  });

  it('says whether its functions are one program', () => {
    expect(read({ interface: 'eth1', chain: 'firewall', run: 'fused' }).spec.run).toBe('fused');
    expect('run' in read({ interface: 'eth1', chain: 'firewall' }).spec).toBe(false);
  });

  it('says whether it is specialised to its traffic, for all functions and for one', () => {
    const functions = [{ use: 'dpi' }, { use: 'firewall', specialise: 'off' }];
    const { spec } = read({ interface: 'eth1', specialise: 'traffic', functions });
    expect(spec).toMatchObject({ specialise: 'traffic', functions: [library('dpi'), { specialise: 'off' }] });
    expect('specialise' in read({ interface: 'eth1', chain: 'firewall' }).spec).toBe(false);
    expect(ChainFile.safeParse({ interface: 'eth1', chain: 'firewall', specialise: true }).success).toBe(false);
  });

  it('has functions in order where it says no chain, and configures those that it lists', () => {
    const functions = [{ use: './my.vnf.ts', config: { a: 1 }, worker: 'own' }, { use: 'firewall' }];
    const mine = { name: 'my', use: '/here/my.vnf.ts', config: { a: 1 }, worker: 'own' };
    expect(
      read({ interface: 'eth1', mode: 'generic', namespace: 'blue', whenGone: 'wait', functions }).spec,
    ).toMatchObject({
      ports: { eth1: { interface: 'eth1', mode: 'generic', namespace: 'blue', whenGone: 'wait' } },
      paths: [['eth1', 'my', 'firewall', 'host']],
      functions: [mine, library('firewall')],
    });
    expect(read({ interface: 'eth1', chain: 'firewall → my', functions: functions.slice(0, 1) }).spec).toMatchObject({
      paths: [['eth1', 'firewall', 'my', 'host']],
      functions: [mine, library('firewall')],
    });
  });

  it('says what reasons say here', () => {
    const functions = [{ use: 'dpi', reasons: { unknown: { limit: '500/s', snap: 64 } } }];
    expect(read({ interface: 'eth1', functions }).spec.functions).toEqual([
      { ...library('dpi'), reasons: { unknown: { limit: '500/s', snap: 64 } } },
    ]);
    expect(ChainFile.safeParse({ functions: [{ use: 'dpi', reasons: { unknown: { limit: '500' } } }] }).success).toBe(
      false,
    );
  });

  it('has named ports and paths between them', () => {
    const file = {
      namespace: 'red',
      ports: { outside: 'eth0', inside: { interface: 'eth1', hook: 'tcx' } },
      paths: ['outside → firewall → router:wan', 'router:lan → inside'],
      functions: [{ name: 'firewall', share: 'other/firewall' }],
    };
    expect(read(file).spec).toEqual({
      name: 'edge',
      ports: {
        outside: { interface: 'eth0', namespace: 'red' },
        inside: { interface: 'eth1', hook: 'tcx', namespace: 'red' },
      },
      paths: [
        ['outside', 'firewall', 'router:wan'],
        ['router:lan', 'inside'],
      ],
      functions: [{ name: 'firewall', share: 'other/firewall' }, library('router')],
    });
  });

  it('without an interface leaves that to who runs it', () => {
    expect(read({ chain: 'firewall' }).spec).toMatchObject({ ports: { port: { interface: '' } } });
  });
});

describe('what is wrong is told at its place', () => {
  it.each([
    ['a function of the chain', { chain: 'firewall → dip' }, ['chain'], "there is no function 'dip'"],
    [
      'a function of a path',
      { ports: { a: 'a' }, paths: ['a → dip → host'] },
      ['paths', 0],
      "there is no function 'dip'",
    ],
    ['a function that is used', { functions: [{ use: 'dip' }] }, ['functions', 0, 'use'], "there is no function 'dip'"],
    ['no function', {}, [], 'it names no function'],
    ['an entry of nothing', { functions: [{}] }, ['functions', 0, 'use'], 'functions[0].use is missing'],
    ['both', { chain: 'dpi', paths: ['a → dpi → host'] }, ['chain'], 'there are `chain` and `paths`'],
    ['ports alone', { ports: { a: 'a' } }, ['ports'], 'there are `ports`, and no `paths` between them'],
    ['interface and ports', { interface: 'a', ports: { a: 'a' } }, ['interface'], 'there are `interface` and `ports`'],
    [
      'use and share',
      { functions: [{ use: 'dpi', share: 'a/b' }] },
      ['functions', 0, 'share'],
      'there are `use` and `share`',
    ],
  ])('%s', (_, file, path, message) => {
    expect(() => read(file)).toThrow(expect.objectContaining({ path, message }));
  });

  it('also what shows only in the spec', () => {
    const line = read({ interface: 'eth1', chain: 'firewall → dpi', functions: [{ use: 'dpi' }] });
    expect(line.locate(['paths', 0, 1])).toEqual(['chain']);
    expect(line.locate(['functions', 0, 'config', 'rules'])).toEqual(['functions', 0, 'config', 'rules']);
    expect(line.locate(['functions', 1])).toEqual(['chain']);
    expect(line.locate(['ports', 'eth1', 'hook'])).toEqual(['hook']);
    expect(read({ interface: 'a', functions: [{ use: 'dpi' }] }).locate(['paths', 0, 1])).toEqual(['functions', 0]);
    const ports = { a: 'a', b: { interface: 'b', namespace: 'blue' } };
    const wired = read({ namespace: 'red', ports, paths: ['a → dpi → b'] });
    expect(wired.locate(['ports', 'b', 'interface'])).toEqual(['ports', 'b', 'interface']);
    expect(wired.locate(['ports', 'b', 'namespace'])).toEqual(['ports', 'b', 'namespace']);
    expect(wired.locate(['ports', 'a', 'interface'])).toEqual(['ports', 'a']);
    expect(wired.locate(['ports', 'a', 'namespace'])).toEqual(['namespace']);
    expect(wired.locate(['paths', 0, 2])).toEqual(['paths', 0]);
  });
});
