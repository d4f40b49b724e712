import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@twinpath/runtime';
import { ChainSpecError } from '@twinpath/vnf/chain';
import { afterAll, expect, test } from 'vitest';
import { FileError } from './file-error.ts';
import { placed, readTarget, readTargets } from './read-target.ts';

const folder = mkdtempSync(join(tmpdir(), 'twinpath-read-target-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The whole of what the user is told, with the folder left out. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const hint = 'hint' in error ? `\nhint: ${error.hint}` : '';
    return (error.message + hint).replaceAll(`${folder}/`, '').replace(/the library has [^;]*;/, 'the library has …;');
  }
  throw new Error('it was not refused');
}

test('a chain is read from YAML, with the library by name and files from its own folder', () => {
  const own = file('my.vnf.ts', '');
  const chain = file(
    'Edge 1.yaml',
    `interface: eth1
namespace: blue
mode: generic
functions:
  - use: ./my.vnf.ts
    name: mine
    config: { limit: 5 }
  - use: firewall
`,
  );
  const spec = placed(readTarget(chain, {}));
  expect(spec).toEqual({
    name: 'edge-1',
    ports: { eth1: { interface: 'eth1', namespace: 'blue', mode: 'generic' } },
    paths: [['eth1', 'mine', 'firewall', 'host']],
    functions: [
      { name: 'mine', use: own, config: { limit: 5 } },
      { name: 'firewall', use: expect.stringMatching(/functions\/src\/firewall\/firewall\.vnf\.ts$/) },
    ],
  });
});

test('the command line goes before the file', () => {
  const chain = file('edge.yaml', 'interface: eth1\nmode: generic\nfunctions: [{ use: firewall }]\n');
  const overrides = { interface: 'veth0', namespace: 'red', mode: 'native', name: 'other' } as const;
  expect(placed(readTarget(chain, overrides))).toMatchObject({
    name: 'other',
    ports: { eth1: { interface: 'veth0', namespace: 'red', mode: 'native' } },
  });
  const two = file('two.yaml', 'ports: { a: a, b: b }\npaths: [a → firewall → b]\n');
  expect(refusalOf(() => readTarget(two, overrides))).toBe(
    'chain two has 2 ports\nhint: leave --interface, --namespace and --mode out, and write them below `ports`',
  );
});

test('a function of the library takes its configuration from YAML', () => {
  const config = file('rules.yaml', 'otherwise: allow\n');
  const { chain } = readTarget('firewall', { config });
  expect(chain).toMatchObject({ name: 'firewall', functions: [{ name: 'firewall', config: { otherwise: 'allow' } }] });
});

test('a function of the library that is not there is told from one that was meant', () => {
  expect(refusalOf(() => readTarget('firewal', {}))).toBe(
    "there is no function 'firewal'\nhint: did you mean 'firewall'? the library has …; a file of your own ends in .vnf.ts",
  );
});

test('without an interface it says where to name one', () => {
  expect(refusalOf(() => placed(readTarget('firewall', {})))).toBe(
    'no interface is named\nhint: add --interface <name>, or `interface: <name>` to the chain',
  );
});

test.each([
  [
    'a missing file',
    () => readTarget(join(folder, 'no.vnf.ts'), {}),
    'there is no file no.vnf.ts\nhint: check the path',
  ],
  [
    'a file that is no function',
    () => readTarget(file('plain.ts', ''), {}),
    'plain.ts is no file of a function\nhint: its name ends in .vnf.ts',
  ],
  [
    'a configuration that cannot be read',
    () => readTarget('firewall', { config: join(folder, 'no.yaml') }),
    "cannot read no.yaml: ENOENT: no such file or directory, open 'no.yaml'\nhint: check the path and the permissions",
  ],
])('%s is refused', (_, work, said) => {
  expect(refusalOf(work)).toBe(said);
});

test('what is no YAML is shown at its line', () => {
  const chain = file('broken.yaml', 'interface: eth1\nfunctions: [{ use: firewall }\nmode: native\n');
  expect(refusalOf(() => readTarget(chain, {}))).toMatchInlineSnapshot(`
    "broken.yaml:3:1 - error: this is no YAML that can be read: Flow sequence in block collection must be sufficiently indented and end with a ]
        3 | mode: native
          | ^
          hint: correct the file there"
  `);
});

test('every mistake in a chain is shown at its line, with what is wrong and what would be right', () => {
  const chain = file(
    'wrong.yaml',
    `name: Edge
interfce: eth1
mode: fast
functions:
  - config: {}
  - use: 5
`,
  );
  expect(refusalOf(() => readTarget(chain, {}))).toMatchInlineSnapshot(`
    "wrong.yaml:1:7 - error: name: 'Edge' is no name of a chain
        1 | name: Edge
          |       ^^^^
          hint: write lower-case letters, digits and '-', at most 63, a letter first

    wrong.yaml:3:7 - error: mode is 'fast'
        3 | mode: fast
          |       ^^^^
          hint: use one of 'native', 'generic', 'auto'

    wrong.yaml:6:10 - error: functions[1].use is 5
        6 |   - use: 5
          |          ^
          hint: give a string

    wrong.yaml:2:1 - error: the configuration has no member 'interfce'
        2 | interfce: eth1
          | ^^^^^^^^
          hint: did you mean 'interface'? its members are name, nodes, on, run, specialise, interface, namespace, hook, mode, whenGone, handOver, chain, ports, paths, functions"
  `);
});

test('a chain reads like one, and a function of it that is not there is shown at its line', () => {
  const chain = file('arrows.yaml', 'interface: eth1\nchain: firewall → count-by-country\n');
  expect(placed(readTarget(chain, {}))).toMatchObject({
    paths: [['eth1', 'firewall', 'count-by-country', 'host']],
    functions: [{ name: 'firewall' }, { name: 'count-by-country' }],
  });
  const wrong = file('arrow.yaml', 'interface: eth1\nchain: firewall → dip\n');
  expect(refusalOf(() => readTarget(wrong, {}))).toMatchInlineSnapshot(`
    "arrow.yaml:2:8 - error: there is no function 'dip'
        2 | chain: firewall → dip
          |        ^^^^^^^^^^^^^^
          hint: did you mean 'dpi'? the library has …; a file of your own ends in .vnf.ts"
  `);
});

test('what shows only when all is put together is told at its line, too', () => {
  const chain = file(
    'path.yaml',
    'ports: { a: eth1 }\npaths:\n  - a → firewall → nowhere:lan\nfunctions: [{ use: firewall, name: nowhere }]\n',
  );
  const { chain: spec, located } = readTarget(chain, {});
  const error = new ChainSpecError(spec.name, ['paths', 0, 2], 'function nowhere has no ports of its own', 'hint');
  expect(located(error)).toMatchObject({
    diagnostics: [{ line: 3, column: 5, message: 'function nowhere has no ports of its own', hint: 'hint' }],
  });
});

test('a file with several chains has them in the order in which they start, and mistakes at their lines', () => {
  const two = file(
    'two.yaml',
    `chains:
  inner: { interface: eth2, chain: firewall → count-by-country, functions: [{ share: edge/firewall }] }
  edge: { interface: eth1, chain: firewall }
`,
  );
  expect(readTargets(two, {}).map(({ chain }) => chain.name)).toEqual(['edge', 'inner']);
  expect(refusalOf(() => readTarget(two, {}))).toMatch('two.yaml has 2 chains');
  expect(refusalOf(() => readTargets(two, { interface: 'eth3' }))).toMatch('there are 2 chains');
  const wrong = file(
    'three.yaml',
    'chains:\n  a: { interface: eth1, chain: firewall, functions: [{ share: b/firewall }] }\n',
  );
  expect(refusalOf(() => readTargets(wrong, {}))).toMatch(
    'three.yaml:2:63 - error: chain a: there is no chain b, of which it shares firewall',
  );
});

test('an empty chain, and one that is no mapping, are refused', () => {
  expect(refusalOf(() => readTarget(file('empty.yaml', ''), {}))).toMatchInlineSnapshot(`
    "empty.yaml:1:1 - error: the configuration is null
        1 | 
          | ^
          hint: give an object"
  `);
  expect(refusalOf(() => readTarget(file('list.yaml', '- firewall\n'), {}))).toMatchInlineSnapshot(`
    "list.yaml:1:1 - error: the configuration is ["firewall"]
        1 | - firewall
          | ^^^^^^^^^^
          hint: give an object"
  `);
});

test('a function that is not there is shown at its line', () => {
  const chain = file('unknown.yaml', 'interface: eth1\nfunctions:\n  - use: firewal\n');
  expect(refusalOf(() => readTarget(chain, {}))).toMatchInlineSnapshot(`
    "unknown.yaml:3:10 - error: there is no function 'firewal'
        3 |   - use: firewal
          |          ^^^^^^^
          hint: did you mean 'firewall'? the library has …; a file of your own ends in .vnf.ts"
  `);
});

test('what a function refuses is shown at the line of its configuration, through anchors too', () => {
  const chain = file(
    'prefix.yaml',
    `interface: eth1
functions:
  - use: firewall
    config:
      rules:
        - &web { action: allow, from: 10.0.0.0/33 }
        - *web
`,
  );
  const problem = { path: ['rules', 1, 'from'], value: '10.0.0.0/33', wrong: 'wrong', right: 'right' } as const;
  const located = readTarget(chain, {}).located(new ConfigError('firewall', [problem]));
  expect(located).toBeInstanceOf(FileError);
  expect(located).toMatchObject({ diagnostics: [{ line: 6, column: 39, message: 'wrong', hint: 'right' }] });
});

test('of many mistakes the first ten are told, and how many there are; --json has all', () => {
  const chain = file('many.yaml', 'functions: [{ use: firewall, config: { rules: [] } }]\n');
  const problem = { path: ['rules'], value: [], wrong: 'wrong', right: 'right' } as const;
  const located = readTarget(chain, {}).located(new ConfigError('firewall', Array(500).fill(problem)));
  if (!(located instanceof FileError)) throw located;
  expect(located.message.match(/ - error: /g)).toHaveLength(10);
  expect(located.message).toMatch(/\n\n… and 490 more, which --json tells$/);
  expect(located).toMatchObject({ diagnostics: { length: 500 } });
});
