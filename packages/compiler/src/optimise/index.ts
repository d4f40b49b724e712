import type { Program } from '../ir/types.ts';
import { cleanup } from './cleanup.ts';

export type PassName = never;

export interface OptimiseOptions {
  readonly optimise?: boolean;
  readonly passes?: Readonly<Partial<Record<PassName, boolean>>>;
}

export function optimise(program: Program, _options: OptimiseOptions = {}): Program {
  return cleanup(program);
}
