// Ethernet and ARP in the fast path.
import { arpLayout, ethernetLayout } from '@twinpath/packet';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Members, reading } from '../members.ts';
import { each, once } from '../memo.ts';
import { isView, part, type View, view } from '../view.ts';
import { ipField, macField } from './field.ts';
import { followedBy, link, networkHeader } from './link.ts';
import { outermostTag } from './vlan.ts';

/** Hardware type 1, protocol type 0x0800, lengths 6 and 4. */
const ETHERNET_AND_IPV4 = 0x0001_0800_0604;

const start = (linked: View) => part(linked, 'start');

/** Of what the fast path sees, an Ethernet header is the `link` view itself. */
export const ethernetMembers: Members = {
  properties: {
    src: reading((code, linked) => macField(code, start(linked), ethernetLayout.fields.src)),
    dst: reading((code, linked) => macField(code, start(linked), ethernetLayout.fields.dst)),
    type: reading((_code, linked) => ({ kind: 'name', domain: { kind: 'ethertype' }, id: part(linked, 'type') })),
    isMulticast: reading((code, linked) => ({
      kind: 'boolean',
      id: code.alu('and', code.load(start(linked), ethernetLayout.fields.dst.at, 8), n(1)),
    })),
    vlan: outermostTag,
  },
  methods: {},
};

/** For Ethernet and IPv4 only, as packet's view: other hardware and protocol types, or lengths, are no view. */
export function arp(lowering: Lowering, path: Path): readonly Outcome[] {
  return once(path, `arp@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    each(link(lowering, path), (on, linked) => {
      const from = new Code(lowering, on);
      if (!isView(linked, 'link')) {
        ends.fail(from);
        return [];
      }
      const follows = ends.require(followedBy(from, linked, 'arp'));
      const at = networkHeader(follows, linked);
      let code = ends.require(follows.whenInPacket(at, arpLayout.size));
      const kind = code.alu('shr', code.loadNetwork(at, 0, 64), n(16));
      code = ends.require(code.when('eq', kind, n(ETHERNET_AND_IPV4), 'then'));
      ends.found(code, view('arp', code.path.epoch, {}, { at }));
      return [];
    });
    return ends.outcomes();
  });
}

const arpAt = (of: View) => part(of, 'at');

export const arpMembers: Members = {
  properties: {
    operation: reading((code, of) => ({
      kind: 'name',
      domain: { kind: 'arp-operation' },
      id: code.loadNetwork(arpAt(of), arpLayout.fields.operation.at, 16),
    })),
    senderMac: reading((code, of) => macField(code, arpAt(of), arpLayout.fields.senderMac)),
    senderIp: reading((code, of) => ipField(code, arpAt(of), 4, arpLayout.fields.senderIp)),
    targetMac: reading((code, of) => macField(code, arpAt(of), arpLayout.fields.targetMac)),
    targetIp: reading((code, of) => ipField(code, arpAt(of), 4, arpLayout.fields.targetIp)),
  },
  methods: {},
};
