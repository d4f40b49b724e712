import { readVnf } from '@twinpath/compiler';
import { describe, expect, it, test } from 'vitest';
import { evaluator } from './evaluator.ts';
import { Programs } from './programs.ts';
import { runCase } from './run-case.ts';
import twoPorts from './test/two-ports.vnf.ts';
import { testPackets } from './test-packets.ts';

const send = 'ip 10.0.0.1 > 10.0.0.2 hops 9 / udp 1 > 2';
const becomes = 'ip 10.0.0.1 > 10.0.0.2 hops 8';

testPackets(
  twoPorts,
  [
    {
      title: 'frames leave by the other port',
      steps: [
        { send, verdict: 'forward right', becomes: `${becomes} / udp 1 > 2` },
        { send, port: 'right', verdict: 'forward left', becomes: `${becomes} / udp 1 > 2` },
        { send, verdict: 'forward', becomes: `${becomes} / udp 1 > 2` },
      ],
    },
  ],
  { test, executors: ['evaluator'] },
);

describe('a step that names the wrong port', () => {
  it('fails, and says which one it was', async () => {
    const programs = new Programs(await readVnf(twoPorts));
    const steps = [{ send, verdict: 'forward left', becomes: `${becomes} / udp 1 > 2` }] as const;
    await expect(runCase(programs, { title: 'wrong', steps }, evaluator)).rejects.toThrow(
      'verdict: expected forward left, seen forward right',
    );
  });
});
