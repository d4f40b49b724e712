// The network around a function's ports, as its slow path sees it.

import { UnknownPortError } from '@twinpath/vnf';
import type { InstancePort } from '../instance-plane.ts';
import { PortNeighbours } from './port-neighbours.ts';
import { PortRoutes } from './port-routes.ts';
import { PortSockets } from './port-sockets.ts';
import type { Watch } from './watch.ts';

export interface NetworkSources {
  /** Of the function, at the moment. */
  ports(): readonly InstancePort[];
  readonly watch: Watch;
  /** What an author's listener threw. */
  failed(error: unknown): void;
  warn(kind: string, text: string): void;
}

export interface NetworkOptions extends NetworkSources {
  /** @throws UnknownPortError */
  port(name: string): InstancePort;
  /** Of the first port that leads to an interface. */
  namespace(): string | undefined;
}

/** Opens nothing before it is asked for something. */
export class LiveNetwork implements Disposable {
  readonly neighbours: PortNeighbours;
  readonly routes: PortRoutes;
  readonly sockets: PortSockets;

  constructor(sources: NetworkSources) {
    const options: NetworkOptions = {
      ...sources,
      port: (name) => portOf(sources.ports(), name),
      namespace: () => sources.ports().find(({ ifindex }) => ifindex !== 0)?.namespace,
    };
    this.neighbours = new PortNeighbours(options);
    this.routes = new PortRoutes(options);
    this.sockets = new PortSockets(options);
  }

  /** The function's ports may be others than before. */
  placed(): void {
    this.neighbours.placed();
  }

  [Symbol.dispose](): void {
    for (const one of [this.neighbours, this.routes, this.sockets]) one[Symbol.dispose]();
  }
}

function portOf(ports: readonly InstancePort[], name: string): InstancePort {
  const found = ports.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new UnknownPortError(
    name,
    ports.map((one) => one.name),
  );
}
