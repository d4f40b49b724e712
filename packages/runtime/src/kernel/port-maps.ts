// What programs know of their function's ports: the maps of compiler/abi/ports.ts, kept as the interfaces are.
import { LINK, LINKS, PORTS } from '@twinpath/compiler/abi';
import { type BpfMap, setDevice } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import type { PortState } from '../data-plane.ts';
import type { InstancePort } from '../instance-plane.ts';

const NO_ONE = '00:00:00:00:00:00';

/** Writes what has changed since the last time, or all of it into other maps. */
export class PortMaps {
  #maps: { readonly ports: BpfMap; readonly links: BpfMap } | undefined;
  readonly #written = new Map<number, string>();

  /** `stateOf`: `undefined` for a port that leads to no interface, or to one that is gone. */
  refresh(
    find: (name: string) => BpfMap,
    ports: readonly InstancePort[],
    stateOf: (port: InstancePort) => PortState | undefined,
  ): void {
    const maps = { ports: find(PORTS), links: find(LINKS) };
    if (maps.ports !== this.#maps?.ports || maps.links !== this.#maps.links) this.#written.clear();
    this.#maps = maps;
    ports.forEach((port, index) => {
      const state = stateOf(port);
      const text = JSON.stringify([port.ifindex, state?.up, state?.mac, state?.mtu]);
      if (this.#written.get(index) === text) return;
      this.#write(maps, index, port, state);
      this.#written.set(index, text);
    });
  }

  #write(
    { ports, links }: { readonly ports: BpfMap; readonly links: BpfMap },
    index: number,
    { ifindex, namespace }: InstancePort,
    state: PortState | undefined,
  ): void {
    const key = new Uint8Array(Uint32Array.of(index).buffer);
    links.update(key, linkValue(ifindex, state));
    if (state?.up !== true) {
      ports.delete(key);
      return;
    }
    if (namespace === undefined) setDevice(ports, index, ifindex);
    else inNamespace(namespace, () => setDevice(ports, index, ifindex));
  }
}

/** As it lies in `links`. `state`: `undefined` for a port that leads nowhere. */
export function linkValue(ifindex: number, state: PortState | undefined): Uint8Array {
  const value = new Uint8Array(LINK.size);
  const view = new DataView(value.buffer);
  view.setUint32(LINK.ifindex, ifindex, true);
  view.setUint32(LINK.mtu, state?.mtu ?? 0, true);
  value.set(
    (state?.mac || NO_ONE).split(':').map((byte) => Number.parseInt(byte, 16)),
    LINK.mac,
  );
  value[LINK.isUp] = state?.up === true ? 1 : 0;
  return value;
}
