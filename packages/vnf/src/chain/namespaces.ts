// Chains whose ports are in several network namespaces. XDP sends from one to the other by maps of devices; tc programs and the host's
// routes know the packet's own namespace alone. Programs tell ports apart by the numbers of their interfaces.
import { ChainSpecError } from './chain-spec-error.ts';
import type { ChainParts, WiredPort } from './plan-chain.ts';
import type { End, Segment } from './segment.ts';
import type { ChainSpec } from './spec.ts';

export const spansNamespaces = ({ ports }: ChainParts): boolean =>
  new Set([...ports.values()].map(({ namespace }) => namespace)).size > 1;

/** @throws ChainSpecError for what does not go from one namespace to another. */
export function checkNamespaces(spec: ChainSpec, segments: readonly Segment[], parts: ChainParts): void {
  if (!spansNamespaces(parts)) return;
  checkNumbers(spec, parts);
  for (const group of groupsOf(segments, parts)) checkGroup(spec, group, parts);
}

function checkNumbers({ name }: ChainSpec, { ports }: ChainParts): void {
  const byNumber = new Map<number, string>();
  for (const [port, { ifindex }] of ports) {
    const other = byNumber.get(ifindex);
    if (other !== undefined) {
      const why = `the interfaces of ports ${other} and ${port}, in different namespaces, both have number ${ifindex}`;
      const hint = 'make one of them with another (ip link add … index …), or start a chain for each namespace';
      throw new ChainSpecError(name, ['ports', port], why, hint);
    }
    byNumber.set(ifindex, port);
  }
}

interface Group {
  /** A function with ports; missing: two ports with only transparent functions between them. */
  readonly function?: string;
  readonly ports: readonly string[];
  /** More than interfaces is behind them. */
  readonly hasMore: boolean;
  /** In the spec. */
  readonly path: number;
}

/** Ports between which packets go. */
function groupsOf(segments: readonly Segment[], { functions }: ChainParts): readonly Group[] {
  const wires = segments.flatMap(({ outer, inner, index }) =>
    outer.kind === 'port' && inner.kind === 'port'
      ? [{ ports: [outer.port, inner.port], hasMore: true, path: index }]
      : [],
  );
  const own = [...functions.keys()].flatMap((name) => {
    const at = segments.filter(({ outer, inner }) => isOf(outer, name) || isOf(inner, name));
    const ports = at.flatMap(({ outer, inner }) =>
      [outer, inner].flatMap((end) => (end.kind === 'port' ? end.port : [])),
    );
    const hasMore = at.some(({ functions: between, outer, inner }) => between.length > 0 || outer.kind === inner.kind);
    return ports.length === 0 ? [] : [{ function: name, ports, hasMore, path: at[0]?.index ?? 0 }];
  });
  return [...wires, ...own];
}

const isOf = (end: End, name: string): boolean => end.kind === 'function' && end.function === name;

function checkGroup({ name }: ChainSpec, { function: of, ports, hasMore, path }: Group, parts: ChainParts): void {
  const wired = ports.flatMap((port): (readonly [string, WiredPort])[] => {
    const found = parts.ports.get(port);
    return found === undefined ? [] : [[port, found]];
  });
  if (new Set(wired.map(([, { namespace }]) => namespace)).size < 2) return;
  const refuse = (why: string, hint: string) => new ChainSpecError(name, ['paths', path], why, hint);
  const tcx = wired.find(([, { hook }]) => hook === 'tcx');
  if (tcx !== undefined) {
    const why = `packets of port ${tcx[0]} enter on tcx, from where none go to another namespace`;
    throw refuse(why, 'let them enter by XDP, or join the namespaces by a pair of interfaces');
  }
  const face = of === undefined ? undefined : parts.functions.get(of);
  if (face?.floods === true && hasMore) {
    const why = `function ${of} floods, has ports in several namespaces, and has functions behind a port`;
    throw refuse(
      why,
      'copies for them are made by tc, from where none go to another namespace: let its ports be interfaces',
    );
  }
  if (face?.routes === true) {
    const why = `function ${of} routes as the host does, and has ports in several namespaces`;
    throw refuse(why, 'the routes of a namespace lead nowhere else: give it a function for each');
  }
}
