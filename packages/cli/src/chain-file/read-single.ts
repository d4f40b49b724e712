// What commands about one function are told: its file or its name in the library, and a configuration.
import { parseConfig } from '@twinpath/runtime';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import { UsageError } from '../output/command-error.ts';
import { ownFunctions, readTarget } from './read-target.ts';

export interface Single {
  /** Absolute path. */
  readonly use: string;
  /** As the function's schema gives it. @throws FileError at the line that is wrong, ConfigError */
  configFor(spec: FunctionSpec): Promise<unknown>;
}

/** @throws FileError, CommandError, UsageError */
export function readSingle(path: string, config: string | undefined): Single {
  const target = readTarget(path, config === undefined ? {} : { config });
  const [only, ...others] = ownFunctions(target);
  if (only === undefined || others.length > 0) {
    throw new UsageError(`${path} has ${target.chain.functions.length} functions`, 'name the file of one function');
  }
  const { name, use, config: given } = only;
  const configFor = (spec: FunctionSpec) =>
    parseConfig(name, spec, given).catch((error: unknown) => {
      throw target.located(error);
    });
  return { use, configFor };
}
