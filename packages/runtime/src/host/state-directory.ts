import { join } from 'node:path';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { forgetSpec, storedSpec, storeSpec } from './stored-specs.ts';

/** Where a chain keeps what outlives a reboot. */
export class StateDirectory {
  readonly root: string;
  readonly #chain: string;
  /** Milliseconds between two times that something is written there. */
  readonly periodMs: number;

  constructor(root: string, chain: string, periodSeconds = 30) {
    this.root = root;
    this.#chain = chain;
    this.periodMs = periodSeconds * 1000;
  }

  /** Of the tables of a function. */
  fileOf(functionName: string): string {
    return join(this.root, this.#chain, `${functionName}.tables`);
  }

  /** For `restoreChains`. @throws what keeps it from being written */
  store(spec: ChainSpec): Promise<void> {
    return storeSpec(this.root, spec);
  }

  /** What the chain was brought to last; `undefined`: nothing, or it cannot be read. */
  stored(): ChainSpec | undefined {
    return storedSpec(this.root, this.#chain);
  }

  /** The chain is not wanted any more. */
  forget(): void {
    forgetSpec(this.root, this.#chain);
  }
}
