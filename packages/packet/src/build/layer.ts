// A frame is built from layers. Each writes its own header in front of what lies behind it, and may look around: at the layer
// behind, which says how it is announced, and at the layers in front, which say what a pseudo header covers.
import { concat } from '../bytes/concat.ts';
import type { Mac } from '../types/values.ts';

declare const kind: unique symbol;

export interface Layer {
  readonly [kind]?: 'layer';
  /** The Ethernet type that announces this layer. */
  readonly etherType?: number;
  /** The IP protocol that announces this layer. */
  readonly protocol?: number;
  /** IP headers: 4 or 16 bytes each. */
  readonly addresses?: Addresses;
  /** IPv6 routing headers with segments left: the destination that checksums cover. */
  readonly finalDst?: Uint8Array;
  /** Ethernet headers: what an ARP message is filled in with. */
  readonly macs?: (behind: readonly Layer[]) => Macs;
  /** Where an Ethernet header without a destination sends this layer: a group address. */
  readonly groupMac?: Mac;
  encode(behind: Uint8Array, around: Around): Uint8Array;
}
export interface Addresses {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
}
export interface Macs {
  readonly src: Mac;
  readonly dst: Mac;
}
export interface Around {
  /** Nearest first. */
  readonly behind: readonly Layer[];
  /** What a pseudo header is made of. `undefined`: there is no IP header in front. */
  readonly addresses: Addresses | undefined;
  readonly macs: Macs | undefined;
}

/** The bytes of layers, without padding. */
export function encodeLayers(layers: readonly Layer[]): Uint8Array {
  let bytes: Uint8Array = new Uint8Array();
  for (const [index, layer] of [...layers.entries()].reverse()) {
    const behind = layers.slice(index + 1);
    const front = layers.slice(0, index);
    bytes = layer.encode(bytes, { behind, addresses: addressesIn(front), macs: macsIn(front, layers) });
  }
  return bytes;
}

function addressesIn(front: readonly Layer[]): Addresses | undefined {
  const network = front.findLastIndex((layer) => layer.addresses);
  const addresses = front[network]?.addresses;
  const dst = front.slice(network + 1).findLast((layer) => layer.finalDst)?.finalDst;
  return addresses && { src: addresses.src, dst: dst ?? addresses.dst };
}

function macsIn(front: readonly Layer[], layers: readonly Layer[]): Macs | undefined {
  const link = front.findLastIndex((layer) => layer.macs);
  return front[link]?.macs?.(layers.slice(link + 1));
}

/** The rest of a frame, as it is. */
export function rawBytes(bytes: Uint8Array | readonly number[]): Layer {
  const own = Uint8Array.from(bytes);
  return { encode: (behind) => concat(own, behind) };
}
