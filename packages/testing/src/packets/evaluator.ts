import { EvaluatorMaps, evaluate, type LoweredFunction } from '@twinpath/compiler';
import { EVENTS } from '@twinpath/compiler/abi';
import { InMemoryMaps } from '@twinpath/runtime';
import type { Executor, Loaded } from './executor.ts';

/** Runs the IR as it was before optimisation, anywhere, and refuses what the kernel's verifier would. */
export const evaluator: Executor = {
  name: 'evaluator',
  createMaps(specs) {
    const maps = new EvaluatorMaps(specs);
    return {
      maps: new InMemoryMaps(maps),
      load: (programs, constants) => load(programs.lower(constants), maps),
      [Symbol.dispose]() {},
    };
  },
};

function load({ programs }: LoweredFunction, maps: EvaluatorMaps): Loaded {
  return {
    run({ direction, bytes, port }) {
      const program = programs.find((one) => one.direction === direction);
      if (program === undefined) throw new Error(`there is no program for ${direction}`);
      const context = program.hook === 'xdp' ? { ingress_ifindex: port.ifindex } : { ifindex: port.ifindex };
      const { returned, packet, redirect } = evaluate(program.ir, { packet: bytes, maps, context });
      const leavesBy =
        redirect?.kind === 'map' ? redirect.value : redirect?.kind === 'interface' ? redirect.ifindex : undefined;
      return { bytes: packet, returned: Number(BigInt.asIntN(32, returned)), leavesBy };
    },
    takeEvents: () => maps.ring(EVENTS).drain(),
    [Symbol.dispose]() {},
  };
}
