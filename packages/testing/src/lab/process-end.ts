/** Does `clean` when this process ends, however it does short of SIGKILL. What is returned takes that back.
 *
 * A signal that the program itself handles is the program's: it ends in its own order, and disposes its labs on the way. */
export function endWith(clean: () => void): () => void {
  if (cleans.size === 0) {
    process.on('exit', cleanAll);
    for (const signal of SIGNALS) process.on(signal, end);
  }
  cleans.add(clean);
  return () => {
    if (!cleans.delete(clean) || cleans.size > 0) return;
    process.off('exit', cleanAll);
    for (const signal of SIGNALS) process.off(signal, end);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The oldest first. */
const cleans = new Set<() => void>();

function cleanAll(): void {
  for (const clean of cleans) clean();
}

function end(signal: NodeJS.Signals, number: number): void {
  if (process.listenerCount(signal) === 1) process.exit(128 + number);
}
