import type { Ip, LivePort, LivePorts, Mac } from '@twinpath/vnf';
import { UnknownPortError } from '@twinpath/vnf';
import type { InstancePlane } from '../instance-plane.ts';

type Handler = (port: LivePort) => void;

class HostPort implements LivePort {
  readonly name: string;
  readonly #plane: InstancePlane;
  wasUp: boolean;

  constructor(name: string, plane: InstancePlane) {
    this.name = name;
    this.#plane = plane;
    this.wasUp = this.up;
  }

  get mac(): Mac {
    return this.#plane.portState(this.name).mac;
  }

  get mtu(): number {
    return this.#plane.portState(this.name).mtu;
  }

  get up(): boolean {
    return this.#plane.portState(this.name).up;
  }

  get addresses(): readonly Ip[] {
    return this.#plane.portState(this.name).addresses;
  }

  send(frame: Uint8Array): void {
    const ifindex = this.#plane.places.ports.find(({ name }) => name === this.name)?.ifindex ?? 0;
    this.#plane.packetOut.send(ifindex, frame);
    this.#plane.packetOut.flush();
  }
}

/** The ports of one function, as its code sees them. */
export class HostPorts implements LivePorts<string> {
  readonly #plane: InstancePlane;
  readonly #failed: (error: unknown) => void;
  readonly #ports = new Map<string, HostPort>();
  readonly #onUp: Handler[] = [];
  readonly #onDown: Handler[] = [];

  constructor(plane: InstancePlane, failed: (error: unknown) => void) {
    this.#plane = plane;
    this.#failed = failed;
    this.#refresh();
  }

  get(name: string): LivePort {
    this.#refresh();
    const found = this.#ports.get(name);
    if (found === undefined) throw new UnknownPortError(name, [...this.#ports.keys()]);
    return found;
  }

  onDown(handler: Handler): void {
    this.#onDown.push(handler);
  }

  onUp(handler: Handler): void {
    this.#onUp.push(handler);
  }

  /** Tells who asked what has changed since the last time. An interface that is gone is down. */
  check(): void {
    for (const port of this) if (port instanceof HostPort) this.#checkOne(port);
  }

  [Symbol.iterator](): Iterator<LivePort> {
    this.#refresh();
    return this.#ports.values();
  }

  #checkOne(port: HostPort): void {
    const { up } = port;
    if (up === port.wasUp) return;
    port.wasUp = up;
    for (const handler of up ? this.#onUp : this.#onDown) {
      try {
        handler(port);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** A function may be wanted on other ports than before. */
  #refresh(): void {
    const names = new Set(this.#plane.places.ports.map(({ name }) => name));
    for (const name of this.#ports.keys()) if (!names.has(name)) this.#ports.delete(name);
    for (const name of names) if (!this.#ports.has(name)) this.#ports.set(name, new HostPort(name, this.#plane));
  }
}
