import { readFileSync } from 'node:fs';
import { CommandError } from './output/command-error.ts';

/** @throws CommandError when it cannot be read */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot read ${file}: ${reason}`, 'check the path and the permissions');
  }
}
