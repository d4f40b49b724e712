import { STATE } from '@twinpath/compiler/abi';
import type { InstanceHome, Lodging, StateMemory } from '../instance/instance-home.ts';
import type { InstancePlane } from '../instance-plane.ts';
import type { EngineHost } from './engine-host.ts';
import { EnginePlane } from './engine-plane.ts';
import { EngineTenancy } from './engine-tenancy.ts';
import type { EngineWiring } from './engine-wiring.ts';
import { LocalAccess } from './local-access.ts';

export interface EngineHomeOptions {
  readonly functionName: string;
  readonly host: EngineHost;
  readonly wiring: EngineWiring;
  /** The mark of the instance's packets. */
  readonly key: number;
}

/** One function in an engine of this process. */
export class EngineHome implements InstanceHome {
  readonly #options: EngineHomeOptions;

  constructor(options: EngineHomeOptions) {
    this.#options = options;
  }

  get hasThreads(): boolean {
    return this.#options.host.openSeat !== undefined;
  }

  openPlane(): InstancePlane {
    const { functionName, host, wiring, key } = this.#options;
    const tenancy = this.#takeUp();
    return new EnginePlane({ functionName, access: new LocalAccess(host, wiring, tenancy), key, tenancy });
  }

  lodge(): Lodging {
    const { host, wiring } = this.#options;
    const seat = host.openSeat?.();
    if (seat === undefined) throw new Error('the engine has no other threads');
    const tenancy = this.#takeUp();
    return {
      plane: { kind: 'engine', seat: seat.image, paths: wiring.paths.image },
      answer: (question) => tenancy.answer(question),
      [Symbol.asyncDispose]: async () => {
        tenancy[Symbol.dispose]();
        await seat[Symbol.asyncDispose]();
      },
    };
  }

  openState(): StateMemory {
    const { functionName, wiring } = this.#options;
    const { stock } = wiring;
    const address = stock.installed(functionName).get(STATE.map);
    if (address === undefined) throw new Error(`${functionName} has no state`);
    const map = stock.maps.hold(address);
    return { memory: map.memory().subarray(0, STATE.size), [Symbol.dispose]: () => stock.maps.drop(address) };
  }

  #takeUp(): EngineTenancy {
    const { functionName, wiring } = this.#options;
    return new EngineTenancy(functionName, wiring.stock, wiring.paths);
  }
}
