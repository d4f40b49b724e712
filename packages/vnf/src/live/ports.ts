import type { Ip, Mac } from '@twinpath/packet';

export interface LivePort {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly up: boolean;
  readonly addresses: readonly Ip[];
  send(frame: Uint8Array): void;
}
export interface LivePorts<N extends string> extends Iterable<LivePort> {
  /** @throws UnknownPortError */
  get(name: N): LivePort;
  onDown(handler: (port: LivePort) => void): void;
  onUp(handler: (port: LivePort) => void): void;
}
