// The other end of a veth, as native XDP on this one needs it.
//
// Senders there leave checksums to the interface, which a veth never does: XDP sees half of them, and what a function changes
// or sends elsewhere arrives wrong. And what XDP sends out of a veth is lost unless the other end polls for it (NAPI), which
// receive offload (GRO) makes it do.

import { findPeer, getOffload, type Link, type Netlink, type Offload, setOffload } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import { type SettingRecord, within } from '../host/settings.ts';

const WANTED: readonly (readonly [Offload, boolean])[] = [
  ['tx-checksum', false],
  // XDP cannot see a tag that is kept beside the packet, and what goes up to the slow path would come back without it.
  ['tx-vlan', false],
  ['gro', true],
];

export interface VethEnd {
  readonly link: Link;
  /** Name of its namespace. */
  readonly namespace: string | undefined;
  /** In that namespace. */
  readonly netlink: Netlink;
  readonly log: Log;
  /** A setting is about to be changed. */
  onSetting(setting: SettingRecord): void;
}

export function prepareVethPeer({ link, namespace, netlink, log, onSetting }: VethEnd): void {
  const peer = findPeer(netlink, link, namespace);
  if (peer === undefined) {
    const loss = 'packets that functions change or send out may be lost';
    log.warn(
      `the other end of ${link.name} is out of reach: there, ethtool -K <it> tx off txvlan off gro on; otherwise ${loss}`,
    );
    return;
  }
  const { name } = peer.link;
  const changed = within(peer.namespace, () => WANTED.filter(([offload, on]) => getOffload(name, offload) !== on));
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
