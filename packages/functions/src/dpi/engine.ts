import { Ndpi, NdpiBusyError, NdpiMissingError } from '@twinpath/ndpi';
import type { Log } from '@twinpath/vnf';
import type { Config } from './config.ts';

/** What the inspector wants of nDPI. */
export type Engine = Pick<Ndpi, 'show'>;

/** nDPI, if it is wanted and here. `signal`: its process ends with it. `library`: other than Debian's.
 *  @throws NdpiMissingError where the configuration wants nothing else */
export async function openEngine(
  wanted: Config['engine'],
  log: Log,
  signal: AbortSignal,
  library?: string,
): Promise<Engine | undefined> {
  if (wanted === 'builtin') return undefined;
  try {
    const ndpi = await Ndpi.start({
      ...(library !== undefined && { library }),
      onLost: (error, retryMs) => log.error(`${error.message}; the next try is in ${retryMs} ms. ${error.hint}`),
      onBack: () => log.info('nDPI is there again'),
    });
    signal.addEventListener('abort', () => void ndpi[Symbol.asyncDispose](), { once: true });
    log.info(`nDPI ${ndpi.revision} names applications; what it does not know, the built-in classifiers may`);
    return { show: saysWhenBusy(ndpi, log) };
  } catch (error) {
    if (wanted === 'ndpi' || !(error instanceof NdpiMissingError)) throw error;
    log.warn(`${error.message}: only the built-in classifiers name applications. ${error.hint}`);
    return undefined;
  }
}

/** Says once that nDPI does not keep up, and again when it has kept up meanwhile. */
function saysWhenBusy(ndpi: Ndpi, log: Log): Engine['show'] {
  let isBusy = false;
  return async (records) => {
    try {
      const verdicts = await ndpi.show(records);
      isBusy = false;
      return verdicts;
    } catch (error) {
      if (error instanceof NdpiBusyError && !isBusy)
        log.warn(`${error.message}: flows are named without it. ${error.hint}`);
      isBusy = error instanceof NdpiBusyError;
      throw error;
    }
  };
}
