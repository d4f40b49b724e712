import { getLink, isSyscallError, type Link, listLinks, Netlink } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, OwnFunctionSpec } from '@twinpath/vnf/chain';
import type { FunctionData } from '../instance/instance-handle.ts';
import { prepareVethPeer, type VethEnd } from '../kernel/veth-peer.ts';
import { ChainError } from './chain-error.ts';
import type { ChainNamespaces } from './chain-namespaces.ts';

export interface ListenersAsked {
  readonly chain: ChainSpec;
  readonly given: OwnFunctionSpec;
  readonly reasons: FunctionData['reasons'];
  readonly namespaces: ChainNamespaces;
}

export interface ListenersWanted extends ListenersAsked, Pick<VethEnd, 'onSetting'> {
  readonly log: Log;
}

/** Brings about what other ends of veths need that packets come by them. @throws ChainError */
export function openListeners({ log, onSetting, ...asked }: ListenersWanted): void {
  const [port] = Object.values(asked.chain.ports);
  for (const link of listenersOf(asked)) {
    if (link.kind !== 'veth') continue;
    using netlink = new Netlink(asked.namespaces.get(port?.namespace));
    prepareVethPeer({ link, namespace: port?.namespace, netlink, receives: false, log, onSetting });
  }
}

/** The interfaces by which packets of a function's reasons leave for whom listens there: each must be named, and exist. @throws
 *  ChainError */
export function listenersOf({ chain, given, reasons, namespaces }: ListenersAsked): readonly Link[] {
  const listeners: Link[] = [];
  for (const [reason, declared] of Object.entries(reasons)) {
    if (declared.kind === 'notice') continue;
    const { way = declared.way, interface: link } = given.reasons?.[reason] ?? {};
    if (way !== 'interface') continue;
    const what = `reason ${reason} of function ${given.name}`;
    const index = chain.functions.findIndex(({ name }) => name === given.name);
    const path = ['functions', index, 'reasons', reason, 'interface'];
    if (link === undefined) {
      const hint = `say in the chain: reasons: { ${reason}: { way: interface, interface: <where a program listens> } }`;
      throw new ChainError('TP_CHAIN_SPEC', chain.name, `${what} goes up by an interface, and none is named`, {
        hint,
        path,
      });
    }
    // Packets leave from the namespace that the first port is in.
    const [port] = Object.values(chain.ports);
    using netlink = new Netlink(namespaces.get(port?.namespace));
    const found = find(netlink, link);
    if (found === undefined) {
      const names = listLinks(netlink).map(({ name }) => name);
      const why = `there is no interface ${link} for ${what}`;
      const hint = `interfaces in the chain's namespace are ${names.join(', ')}`;
      throw new ChainError('TP_INTERFACE', chain.name, why, { hint, path });
    }
    listeners.push(found);
  }
  return listeners;
}

function find(netlink: Netlink, name: string) {
  try {
    return getLink(netlink, name);
  } catch (error) {
    if (!isSyscallError(error, 'ENODEV', 'ERANGE', 'EINVAL')) throw error;
    return undefined;
  }
}
