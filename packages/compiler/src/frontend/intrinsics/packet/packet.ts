// The packet itself: `packet.length`, `packet.ip()` and the like.
import type { Outcome } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { now } from '../clock.ts';
import { Code } from '../code.ts';
import { nextHop } from '../forwarding/next-hop.ts';
import { decapsulate, encapsulate } from '../headers/resize.ts';
import { popVlan, pushVlan } from '../headers/tags.ts';
import { type Member, type Members, reading } from '../members.ts';
import { each, once } from '../memo.ts';
import { isView, view } from '../view.ts';
import { frameDatagram, versionOf } from './datagram.ts';
import { arp } from './ethernet.ts';
import { FRAME_LENGTH, wireLength } from './length.ts';
import { link } from './link.ts';
import { inboundPort } from './port.ts';

/** Nanoseconds up to 2⁶². */
const INSTANT = { low: 0n, high: (1n << 62n) - 1n };
const CPU = { low: 0n, high: 0xffffn };

export const packetValue = (epoch: number): Value => view('packet', epoch, {}, {});

/** Read once a packet, and only if it is used. */
const readOnce =
  (name: string, read: (code: Code) => Value): Member =>
  ({ lowering, path }) =>
    once(path, name, (): readonly Outcome[] => [{ path, value: read(new Code(lowering, path)) }]);

const ofVersion =
  (version: 4 | 6): Member =>
  ({ lowering, path }) =>
    each(frameDatagram(lowering, path), (on, ip) => {
      const isIt = isView(ip, 'ip') && versionOf(ip) === version;
      return [{ path: on, value: isIt ? ip : UNDEFINED }];
    });

export const packetMembers: Members = {
  properties: {
    length: reading((code) => code.lowering.integer(wireLength(code), FRAME_LENGTH)),
    now: readOnce('now', (code) => code.lowering.integer(now(code), INSTANT)),
    cpu: readOnce('cpu', (code) => code.lowering.integer(code.call('get_smp_processor_id', []), CPU)),
    port: ({ lowering, path }) => once(path, 'port', () => inboundPort(lowering, path)),
  },
  methods: {
    ethernet: ({ lowering, path }) => link(lowering, path),
    arp: ({ lowering, path }) => arp(lowering, path),
    ip: ({ lowering, path }) => frameDatagram(lowering, path),
    ipv4: ofVersion(4),
    ipv6: ofVersion(6),
    nextHop,
    encapsulate,
    decapsulate,
    pushVlan,
    popVlan,
  },
};
