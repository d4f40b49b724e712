// What an instance asks of the thread that made the engine, wherever it is itself. Plain data.

import type { MapSpec, ProgramSpec } from '@twinpath/ebpf';
import type { MapImage } from '@twinpath/engine';
import type { Hook } from '@twinpath/vnf/chain';

/** Addresses of maps, by name. */
export type MapAddresses = readonly (readonly [name: string, address: number])[];

export type EngineQuestion =
  | { readonly ask: 'create'; readonly spec: MapSpec }
  | { readonly ask: 'release'; readonly address: number }
  /** The maps of the function, as the last of its instances has installed them. */
  | { readonly ask: 'present' }
  | { readonly ask: 'install'; readonly maps: MapAddresses }
  | { readonly ask: 'load'; readonly spec: ProgramSpec; readonly hook: Hook; readonly maps: MapAddresses }
  | { readonly ask: 'unload'; readonly id: number };

export interface EngineAnswers {
  readonly create: MapImage;
  readonly release: undefined;
  readonly present: readonly (readonly [name: string, image: MapImage])[];
  readonly install: undefined;
  /** `times`: see runTimeAt. */
  readonly load: { readonly id: number; readonly times: number };
  readonly unload: undefined;
}

/** Waits for the answer. @throws what the other thread says */
export type AskEngine = <K extends EngineQuestion['ask']>(
  question: Extract<EngineQuestion, { readonly ask: K }>,
) => EngineAnswers[K];
