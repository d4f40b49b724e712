import type { Command } from 'commander';
import { candidates } from './candidates.ts';

/** A candidate a line: the word, and behind a tab what it does. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  for (const { word, does } of await candidates(program, words)) process.stdout.write(`${word}\t${does}\n`);
}
