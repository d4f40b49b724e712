/** Does `clean` when this process ends, however it does short of SIGKILL. What is returned takes that back.
 *
 * A signal that the program itself handles is the program's: it ends in its own order, and disposes its labs on the way. */
export function endWith(clean: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals, number: number) => {
    const others = process.listeners(signal).some((listener) => !ours.has(listener));
    if (!others) process.exit(128 + number);
  };
  ours.add(onSignal);
  process.on('exit', clean);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    ours.delete(onSignal);
    process.off('exit', clean);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const ours = new Set<unknown>();
