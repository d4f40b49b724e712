// Listings of functions whose source does what small programs cannot show. Made anew as the others are (golden.test.ts); their
// kernel tests are those of the fixtures.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileStep } from '../../abi/fixtures/load.ts';
import { compileFunction, type FunctionProgram } from '../../compile.ts';
import { compileVerdict } from '../../frontend/intrinsics/forwarding/fixtures/load.ts';
import { compileFull } from '../../frontend/intrinsics/tables/fixtures/load.ts';
import { importVnf } from '../../frontend/modules/import-vnf.ts';

const chain = { kind: 'tail-call', map: 'chain', index: 1 } as const;
const socket = await importVnf(join(import.meta.dirname, '../../abi/fixtures/socket.vnf.ts'));

function compileSocket(): FunctionProgram | undefined {
  const target = { clock: 'kernel', cpus: 2, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
  const [made] = compileFunction(socket, {
    config: { copies: false },
    target,
    programs: [{ hook: 'xdp' }],
  }).programs;
  return made;
}

const FUNCTIONS: Readonly<Record<string, () => FunctionProgram | undefined>> = {
  'goes on by a tail call': () => compileStep('xdp', { writes: 'src', verdict: 'next', next: chain }).program,
  'copies a packet out of a port': () => compileVerdict('clone', 'tcx-ingress').programs[0],
  'hands a packet to another CPU': () => compileVerdict('spread', 'xdp', 3).programs[0],
  'tells that a table is full': () => compileFull('xdp').program,
  'hands a packet to a socket': compileSocket,
};

it.each(Object.entries(FUNCTIONS))('%s', async (title, compile) => {
  const listing = compile()?.compiled.listing() ?? '';
  await expect(listing).toMatchFileSnapshot(`function-${title.replaceAll(' ', '-')}.txt`);
});
