import type { Ip, LivePort, LivePorts, Mac } from '@twinpath/vnf';
import { UnknownPortError } from '@twinpath/vnf';
import type { DataPlane } from '../data-plane.ts';

type Handler = (port: LivePort) => void;

class HostPort implements LivePort {
  readonly name: string;
  readonly #plane: DataPlane;

  constructor(name: string, plane: DataPlane) {
    this.name = name;
    this.#plane = plane;
  }

  get mac(): Mac {
    return this.#plane.portState().mac;
  }

  get mtu(): number {
    return this.#plane.portState().mtu;
  }

  get up(): boolean {
    return this.#plane.portState().up;
  }

  get addresses(): readonly Ip[] {
    return this.#plane.portState().addresses;
  }

  send(frame: Uint8Array): void {
    this.#plane.packetOut.send(frame);
  }
}

/** The ports of one function: so far the one that it sits on. */
export class HostPorts implements LivePorts<string> {
  readonly #port: HostPort;
  readonly #failed: (error: unknown) => void;
  readonly #onUp: Handler[] = [];
  readonly #onDown: Handler[] = [];
  #wasUp: boolean;

  constructor(name: string, plane: DataPlane, failed: (error: unknown) => void) {
    this.#port = new HostPort(name, plane);
    this.#wasUp = this.#port.up;
    this.#failed = failed;
  }

  get(name: string): LivePort {
    if (name === this.#port.name) return this.#port;
    throw new UnknownPortError(name, [this.#port.name]);
  }

  onDown(handler: Handler): void {
    this.#onDown.push(handler);
  }

  onUp(handler: Handler): void {
    this.#onUp.push(handler);
  }

  /** Tells who asked what has changed since the last time. An interface that is gone is down. */
  check(isUp: boolean): void {
    if (isUp === this.#wasUp) return;
    this.#wasUp = isUp;
    for (const handler of isUp ? this.#onUp : this.#onDown) {
      try {
        handler(this.#port);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  *[Symbol.iterator](): Generator<LivePort> {
    yield this.#port;
  }
}
