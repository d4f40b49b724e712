import { type FunctionProgram, verifierRejection } from '@twinpath/compiler';
import { type BpfMap, BpfProgram, skbContext, VerifierError, xdpContext } from '@twinpath/ebpf';
import { hasCapability, isSyscallError, onlineCpus, pinThread } from '@twinpath/linux';
import type { Executor, Loaded, PacketIn, PacketOut } from './executor.ts';
import { type Lease, leaseMaps } from './kernel-pool.ts';
import type { Constants, Programs } from './programs.ts';

/** Runs the compiled programs by BPF_PROG_TEST_RUN: XDP for packets that enter, tcx for those that leave. */
export const kernel: Executor = {
  name: 'kernel',
  createMaps(specs, ports) {
    if (ports.length > 1) throw new Error('the kernel runs tests of functions with one port only');
    stayOnOneCpu();
    const lease = leaseMaps(specs);
    return {
      maps: lease.maps,
      load: (programs, constants) => load(programs, constants, lease),
      [Symbol.dispose]: () => lease[Symbol.dispose](),
    };
  },
};

let stays = false;

/** What programs keep for each CPU would be another value when the scheduler moves this process between two steps. */
function stayOnOneCpu(): void {
  if (stays) return;
  stays = onlineCpus().some((cpu) => {
    try {
      pinThread(cpu);
      return true;
    } catch (error) {
      // The process may not use all of them.
      if (!isSyscallError(error, 'EINVAL')) throw error;
      return false;
    }
  });
}

/** What the kernel is missing to run tests here; `undefined`: nothing. */
export function missingForKernel(): string | undefined {
  if (process.platform !== 'linux') return 'the kernel of Linux';
  const missing = (['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_PERFMON'] as const).filter((name) => !hasCapability(name));
  return missing.length === 0 ? undefined : missing.join(' and ');
}

function load(programs: Programs, constants: Constants, lease: Lease): Loaded {
  const compiled = programs.compile(constants);
  const loaded = lease.programs(
    compiled,
    () => new Map(compiled.programs.map((program) => [program.direction, verified(programs, program, lease.byName)])),
  );
  return {
    run(packet) {
      const program = loaded.get(packet.direction);
      if (program === undefined) throw new Error(`there is no program for ${packet.direction}`);
      return run(program, packet);
    },
    takeEvents: () => lease.takeEvents(),
    [Symbol.dispose]() {},
  };
}

function run(program: BpfProgram, { bytes, port }: PacketIn): PacketOut {
  const ctx =
    program.type === 'xdp'
      ? xdpContext({ length: bytes.length, ingressIfindex: port.ifindex })
      : skbContext({ ifindex: port.ifindex });
  const { data, retval } = program.testRun({ data: bytes, ctx });
  return { bytes: data, returned: retval | 0 };
}

/** @throws CompileError at the author's line when the verifier rejects the program */
function verified(
  { imported }: Programs,
  { compiled }: FunctionProgram,
  maps: Readonly<Record<string, BpfMap>>,
): BpfProgram {
  try {
    return BpfProgram.load(compiled.spec, { maps });
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    const rejection = verifierRejection(imported, compiled, error);
    rejection.cause = error;
    throw rejection;
  }
}
