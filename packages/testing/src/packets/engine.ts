import { EVENTS } from '@twinpath/compiler/abi';
import type { MapSpec } from '@twinpath/ebpf';
import { skbContext, xdpContext } from '@twinpath/ebpf';
import { Engine, type EngineProgram } from '@twinpath/engine';
import { EngineMaps } from '@twinpath/runtime';
import type { Executor, Loaded, PacketIn, PacketOut } from './executor.ts';
import type { Constants, Programs } from './programs.ts';

/** Tests run one behind the other, and give back what they took. */
let engine: Engine | undefined;
const MEMORY_BYTES = 512 << 20;

/** Runs the compiled programs in user space, anywhere, and checks every access. */
export const engineExecutor: Executor = {
  name: 'engine',
  createMaps(specs: readonly MapSpec[]) {
    // The same random numbers whenever a test runs.
    engine ??= new Engine({ bytes: MEMORY_BYTES, random: 1 });
    const made = engine;
    const maps = EngineMaps.in(made, specs);
    return {
      maps,
      load: (programs, constants) => load(programs, constants, made, maps),
      [Symbol.dispose]: () => maps[Symbol.dispose](),
    };
  },
};

function load(programs: Programs, constants: Constants, host: Engine, maps: EngineMaps): Loaded {
  using owned = new DisposableStack();
  const loaded = new Map(
    programs.compile(constants).programs.map(({ direction, compiled }) => {
      return [direction, owned.use(host.load(compiled.spec, { maps: maps.byName, checked: true }))] as const;
    }),
  );
  const events: Uint8Array[] = [];
  const ring = host.ringBuffer(maps.map(EVENTS), (memory, offset, length) => {
    events.push(new Uint8Array(memory.buffer, memory.byteOffset + offset, length).slice());
  });
  const all = owned.move();
  return {
    run(packet) {
      const program = loaded.get(packet.direction);
      if (program === undefined) throw new Error(`there is no program for ${packet.direction}`);
      return run(program, packet);
    },
    takeEvents() {
      ring.drain();
      return events.splice(0);
    },
    [Symbol.dispose]: () => all.dispose(),
  };
}

function run(program: EngineProgram, { bytes, port }: PacketIn): PacketOut {
  const ctx =
    program.hook === 'xdp'
      ? xdpContext({ length: bytes.length, ingressIfindex: port.ifindex })
      : skbContext({ ifindex: port.ifindex });
  const { data, retval, trapped, redirect } = program.testRun({ data: bytes, ctx });
  if (trapped) throw new Error(`the engine stopped program "${program.name}"`);
  return { bytes: data, returned: retval | 0, leavesBy: redirect?.target };
}
