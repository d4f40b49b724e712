// What the guest tells the host: TAP, one line a check, on the second serial port.
import { writeSync } from 'node:fs';

let number = 0;

const say = (line: string) => writeSync(1, `${line}\n`);

/** Thrown by a check that finds out that it cannot be made here. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** Runs one check. What it returns stands behind its title. */
export async function check(title: string, work: () => unknown): Promise<void> {
  try {
    const told = await work();
    say(`ok ${++number} - ${oneLine(title)}${typeof told === 'string' ? ` # ${told}` : ''}`);
  } catch (error) {
    if (error instanceof Skipped) return skip(title, error.message);
    say(`not ok ${++number} - ${oneLine(title)}`);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n').slice(0, 60)) say(`  ${line}`);
  }
}

export function skip(title: string, why: string): void {
  say(`ok ${++number} - ${oneLine(title)} # SKIP ${why}`);
}

const oneLine = (title: string) => title.replace(/[\n#]/g, ' ');
