// The other end of a veth, as XDP needs it.
//
// Native XDP on this end: senders there leave checksums to the interface, which a veth never does: XDP sees half of them, and what
// a function changes or sends elsewhere arrives wrong. And what XDP, of this port or of another one, sends out of a veth is lost
// unless the other end polls for it (NAPI), which receive offload (GRO) makes it do.

import { findPeer, getOffload, type Link, type Netlink, type Offload, setOffload } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import { type SettingRecord, within } from '../host/settings.ts';

const FOR_SENDING: readonly Setting[] = [['gro', true]];
const FOR_XDP: readonly Setting[] = [
  ['tx-checksum', false],
  // XDP cannot see a tag that is kept beside the packet, and what goes up to the slow path would come back without it.
  ['tx-vlan', false],
  ...FOR_SENDING,
];
type Setting = readonly [Offload, boolean];
/** As ethtool(8) calls them. */
const ETHTOOL: Partial<Record<Offload, string>> = { 'tx-checksum': 'tx', 'tx-vlan': 'txvlan' };

export interface VethEnd {
  readonly link: Link;
  /** Name of its namespace. */
  readonly namespace: string | undefined;
  /** In that namespace. */
  readonly netlink: Netlink;
  /** XDP is on it; else XDP of others sends out of it. */
  readonly receives: boolean;
  readonly log: Log;
  /** A setting is about to be changed. */
  onSetting(setting: SettingRecord): void;
}

export function prepareVethPeer({ link, namespace, netlink, receives, log, onSetting }: VethEnd): void {
  const wanted = receives ? FOR_XDP : FOR_SENDING;
  const peer = findPeer(netlink, link, namespace);
  if (peer === undefined) {
    const loss = receives ? 'packets that functions change or send out' : 'packets that XDP of other ports sends out';
    const list = wanted.map(([offload, on]) => `${ETHTOOL[offload] ?? offload} ${on ? 'on' : 'off'}`).join(' ');
    log.warn(
      `the other end of ${link.name} is out of reach: there, ethtool -K <it> ${list}; otherwise ${loss} may be lost`,
    );
    return;
  }
  const { name } = peer.link;
  const changed = within(peer.namespace, () => wanted.filter(([offload, on]) => getOffload(name, offload) !== on));
  for (const [offload, on] of changed) {
    onSetting({
      interface: name,
      ...(peer.namespace !== undefined && { namespace: peer.namespace }),
      offload,
      wasOn: !on,
    });
    within(peer.namespace, () => setOffload(name, offload, on));
  }
  if (changed.length === 0) return;
  const list = changed.map(([offload, on]) => `${offload} ${on ? 'on' : 'off'}`).join(', ');
  const where = peer.namespace === undefined ? '' : ` in namespace ${peer.namespace}`;
  log.info(`${name}${where}, the other end of ${link.name}, has ${list} until the chain stops`);
}
