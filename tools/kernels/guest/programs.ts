// Every function of the repository, compiled for this kernel and loaded.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { CompileError, compileFunction, type ImportedVnf, importVnf, type ProgramChoice } from '@twinpath/compiler';
import { BpfMap, BpfProgram, skbChecksumState } from '@twinpath/ebpf';
import { parseConfig } from '@twinpath/runtime';
import { isWanted } from '../wanted.ts';
import { check, skip } from './report.ts';

const root = join(import.meta.dirname, '../../..');
const FUNCTIONS = [
  'packages/functions/src/**/*.vnf.ts',
  'bench/{fast-path,functions,chain-length}/*.vnf.ts',
  'examples/**/*.vnf.ts',
];
const SERVICE = { address: '192.0.2.80', port: 80, backends: [] };
/** For those that have no defaults, or do nothing without. */
const CONFIGURATIONS: Readonly<Record<string, unknown>> = {
  'packages/functions/src/load-balancer/load-balancer.vnf.ts': {
    services: [
      { ...SERVICE, affinity: 'source', newFlows: 1000 },
      { ...SERVICE, port: 81, mode: 'direct', algorithm: 'source' },
      { ...SERVICE, port: 82, mode: 'tunnel', algorithm: 'round-robin' },
      { ...SERVICE, address: '2001:db8::80', algorithm: 'least-connections' },
    ],
    tunnel: { source4: '192.0.2.1', source6: '2001:db8::1' },
  },
  'packages/functions/src/forwarder/test/table-router.vnf.ts': { routes: [] },
  'bench/functions/mixed.vnf.ts': { rules: [] },
  'bench/functions/classifier.vnf.ts': { subnets: [] },
  'bench/functions/lpm.vnf.ts': { subnets: [] },
  'bench/functions/parse.vnf.ts': { subnets: [] },
};
/** The verdict cannot be given there, and the like: what the compiler says of a hook, not of the program. */
const NOT_ON_THIS_HOOK = new Set(['TP3015', 'TP5002', 'TP5005']);

/** Each program by itself, so that one that is rejected does not hide the next. */
export async function loadPrograms(only: readonly string[]): Promise<void> {
  const files = FUNCTIONS.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => isWanted(file, only))
    .toSorted();
  for (const file of files) {
    await check(`function ${file} is compiled`, async () => {
      const imported = await importVnf(join(root, file));
      const config = await parseConfig(file, imported.spec, CONFIGURATIONS[file]);
      for (const choice of choicesFor(imported)) await loadProgram(file, imported, config, choice);
    });
  }
}

/** A transparent function may be asked to see what leaves, too. */
function choicesFor({ spec }: ImportedVnf): readonly ProgramChoice[] {
  return spec.ports.kind === 'transparent' ? [{ hook: 'xdp' }, { hook: 'tcx-egress' }] : [{ hook: 'xdp' }];
}

async function loadProgram(file: string, imported: ImportedVnf, config: unknown, choice: ProgramChoice): Promise<void> {
  const title = `program ${file}, ${choice.hook}`;
  const compiled = attempt(() => compileFunction(imported, { config, target: target(imported), programs: [choice] }));
  if (compiled instanceof CompileError) return skip(title, `not for this hook: ${compiled.diagnostics[0]?.message}`);
  await check(title, () => {
    using made = new DisposableStack();
    const maps = Object.fromEntries(compiled.maps.map((one) => [one.name, made.use(BpfMap.create(one))]));
    const [program] = compiled.programs;
    if (program === undefined) throw new Error('one program was asked for');
    using loaded = BpfProgram.load(program.compiled.spec, { maps, statistics: true });
    return `${loaded.statistics?.processed} steps`;
  });
}

function attempt<T>(compile: () => T): T | CompileError {
  try {
    return compile();
  } catch (error) {
    if (error instanceof CompileError && error.diagnostics.every(({ code }) => NOT_ON_THIS_HOOK.has(code)))
      return error;
    throw error;
  }
}

const PORT = { name: 'port', ifindex: 1 };

/** A port that no packet comes from; the smallest room for rules, which the verifier does not look into. */
const target = ({ spec: { ports } }: ImportedVnf) =>
  ({
    clock: 'kernel',
    cpus: 1,
    ports: ports.kind === 'named' ? ports.names.map((name, index) => ({ name, ifindex: index + 1 })) : [PORT],
    classifiers: new Map(),
    checksumState: skbChecksumState(),
    seed: 1,
    key: 1,
  }) as const;
