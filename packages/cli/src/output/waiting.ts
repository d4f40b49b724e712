// A line for those who wait: what is being done, and for how long already.
import { CLEAR_LINE } from './clear-line.ts';
import { grouped } from './table.ts';

/** What is over by then needs no line. */
const PATIENCE_MS = 2_000;
const PERIOD_MS = 1_000;

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'isTTY'>;

/** On standard error, and only if that is a terminal. Ends when disposed. */
export function showWaiting(what: string, terminal: Terminal = process.stderr): Disposable {
  if (!terminal.isTTY) return { [Symbol.dispose]: () => {} };
  const began = performance.now();
  let isShown = false;
  const timer = setInterval(() => {
    const waited = performance.now() - began;
    if (waited < PATIENCE_MS) return;
    const line = `${what} … ${Math.floor(waited / 1_000)} s`;
    terminal.write(CLEAR_LINE + line.slice(0, (terminal.columns || 80) - 1));
    isShown = true;
  }, PERIOD_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (isShown) terminal.write(CLEAR_LINE);
    },
  };
}

/** Shorter lists take no time to speak of. */
const LONG = 1_000;

interface Configured {
  readonly name?: string | undefined;
  readonly use?: string | undefined;
  readonly config?: unknown;
}

/** Why it may take long: the long lists in the configurations of functions, as ` (firewall: 100 000 rules)`. */
export function longLists(functions: readonly Configured[]): string {
  const lists = functions.flatMap(({ use = '', name = use, config }) =>
    Object.entries(Object(config)).flatMap(([member, value]) =>
      Array.isArray(value) && value.length >= LONG ? `${name}: ${grouped(value.length)} ${member}` : [],
    ),
  );
  return lists.length === 0 ? '' : ` (${lists.join(', ')})`;
}
