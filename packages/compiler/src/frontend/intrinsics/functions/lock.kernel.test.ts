import { BpfProgram, createMaps } from '@twinpath/ebpf';
import { packetFromText } from '@twinpath/packet';
import { expect, it } from 'vitest';
import { locking } from './fixtures/load.ts';

it('the kernel takes the lock, and the map that holds it', () => {
  const { programs, maps: specs } = locking();
  using owned = new DisposableStack();
  const maps = createMaps(specs, owned);
  const [made] = programs;
  if (made === undefined) throw new Error('there is a program');
  const program = owned.use(BpfProgram.load(made.compiled.spec, { maps }));
  const data = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 53 / zeros 100');
  const verdicts = [1, 2, 3].map(() => program.testRun({ data }).retval);
  expect(verdicts).toEqual([2, 2, 1]);
});
