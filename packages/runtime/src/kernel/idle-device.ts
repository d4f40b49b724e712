import { attachXdp, type BpfProgram } from '@twinpath/ebpf';
import { createVeth, getLink, inNewNamespace, Netlink } from '@twinpath/linux';

/**
 * Attaches an XDP program natively to an interface on which nothing ever arrives, for the kernel's dispatcher to know it: one
 * end of a veth pair, both down, in a namespace without a name, which goes with the last descriptor on it.
 */
export function attachIdle(program: BpfProgram): Disposable {
  return inNewNamespace(() => {
    using stack = new DisposableStack();
    // The socket keeps the namespace.
    const netlink = stack.use(new Netlink());
    createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'peer', queues: 1 } });
    stack.use(attachXdp({ program, ifindex: getLink(netlink, 'idle').ifindex, mode: 'native' }));
    return stack.move();
  });
}
