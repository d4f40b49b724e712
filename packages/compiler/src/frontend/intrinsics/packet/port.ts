// The port by which the packet came in: its interface's index, compared with those of the function's ports.
import type { Hook, ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';

/** Offsets in xdp_md (ingress_ifindex) and __sk_buff (ifindex). */
const IFINDEX: Readonly<Record<Hook, number>> = { xdp: 12, 'tcx-ingress': 40, 'tcx-egress': 40 };

/** The interface by which the packet came in, or by which it leaves. */
export function ifindex(code: Code): ValueId {
  const { hook, out } = code.lowering.target;
  return out?.kind === 'redirect' ? code.interface(out.ifindex) : code.context(IFINDEX[hook]);
}

/** A packet from elsewhere counts as of the last port: programs are attached to their own ports only. */
export function inboundPort(lowering: Lowering, path: Path): readonly Outcome[] {
  const { ports: all, entry } = lowering.target;
  const names = all.map(({ name }) => name);
  const ports = all.filter(({ name, ifindex: at }) => (entry === undefined ? at !== 0 : name === entry));
  const outcomes: Outcome[] = [];
  const found = (code: Code, index: number) => {
    const id = code.id(n(Math.max(0, names.indexOf(ports[index]?.name ?? ''))));
    outcomes.push({ path: code.path, value: { kind: 'name', domain: { kind: 'port', names }, id } });
  };
  let code = new Code(lowering, path);
  const index = ifindex(code);
  for (const [number, port] of ports.slice(0, -1).entries()) {
    const sides = code.when('eq', index, code.interface(port.ifindex));
    found(sides.then, number);
    code = sides.otherwise;
  }
  found(code, Math.max(0, ports.length - 1));
  return lowering.join(outcomes);
}
