import { type Fd, type NetworkEvent, NetworkMonitor, type NetworkMonitorOptions } from '@twinpath/linux';

/** Calls back each time that something has come to a descriptor; who is called reads all there is. */
export type Watch = (fd: Fd, onEvent: () => void) => Disposable;

export interface Listening {
  readonly of: NetworkMonitorOptions['of'];
  /** The namespace's name; `undefined`: that of the process. */
  readonly namespace: string | undefined;
  readonly watch: Watch;
}

/** Events of a namespace from now on, until disposed. */
export function hear({ of, namespace, watch }: Listening, heard: (event: NetworkEvent) => void): Disposable {
  using stack = new DisposableStack();
  const monitor = stack.use(new NetworkMonitor({ of, namespace }));
  const readAll = () => {
    for (let events = monitor.read(); events.length > 0; events = monitor.read()) events.forEach(heard);
  };
  stack.use(watch(monitor.fd, readAll));
  return stack.move();
}
