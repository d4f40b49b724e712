// What each kernel had, and what programs cost its verifier, when somebody last looked.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './tap.ts';

export interface Golden {
  readonly missing: readonly string[];
  /** Verifier steps by program. */
  readonly steps: Readonly<Record<string, number>>;
}

const FILE = join(import.meta.dirname, 'golden.json');
/** The compiler may get this much worse unseen. */
const SLACK = 1.25;
/** For programs that nobody has looked at yet. */
const MOST_STEPS = 100_000;

export function readGolden(kernel: string): Golden {
  return all()[kernel] ?? { missing: [], steps: {} };
}

export function writeGolden(kernel: string, checks: readonly Check[]): void {
  const missing = checks.flatMap(({ title, comment }) => (comment === 'no' ? title.replace('feature ', '') : []));
  const steps = checks.flatMap((check) => {
    const count = stepsOf(check);
    return count === undefined ? [] : [[programOf(check), count] as const];
  });
  const after = { ...all(), [kernel]: { missing, steps: Object.fromEntries(steps) } };
  writeFileSync(FILE, `${JSON.stringify(after, undefined, 2)}\n`);
}

/** A check that holds by itself fails where it is not as before. */
export function compare(check: Check, { missing, steps }: Golden): Check {
  if (!check.ok) return check;
  const failed = (why: string): Check => ({ ...check, ok: false, details: [why] });
  if (check.title.startsWith('feature ')) {
    const wanted = missing.includes(check.title.replace('feature ', '')) ? 'no' : 'yes';
    return check.comment === wanted
      ? check
      : failed(`the answer was ${wanted} before; if the kernel has changed: --update`);
  }
  const [count, before] = [stepsOf(check), steps[programOf(check)]];
  if (count === undefined) return check;
  const most = before === undefined ? MOST_STEPS : Math.ceil(before * SLACK);
  const told = `${before ?? 'no number'} before`;
  return count <= most
    ? check
    : failed(`${count} verifier steps, ${told}; at most ${most}. If that is right: --update`);
}

const programOf = ({ title }: Check) => title.replace('program ', '');

function stepsOf({ title, comment }: Check): number | undefined {
  const found = title.startsWith('program ') ? /^(\d+) steps$/.exec(comment ?? '')?.[1] : undefined;
  return found === undefined ? undefined : Number(found);
}

const all = (): Readonly<Record<string, Golden>> => JSON.parse(readFileSync(FILE, 'utf8'));
