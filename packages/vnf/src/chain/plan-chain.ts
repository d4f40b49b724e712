// Which places follow from a chain's spec, and what is behind each.
//
//   outside ─► firewall ─► router:wan        router:lan ─► inside
//
//   enters outside:  firewall (ingress) ─► router ─┬─ forward lan ─► out of inside
//   enters inside:   router ─┬─ forward wan ─► firewall (egress) ─► out of outside
//   leaves the host by outside (tcx egress):  firewall (egress) ─► on its way

import { checkNamespaces, spansNamespaces } from './namespaces.ts';
import type { Behind, Direction, Hook, Placement, Root } from './placement.ts';
import { type End, endText, type FunctionFaces, type Segment, segmentsOf } from './segment.ts';
import type { ChainSpec } from './spec.ts';

/** A port's interface, as it is on the host. */
export interface WiredPort {
  readonly ifindex: number;
  /** Name of its network namespace; missing: that of the process. */
  readonly namespace?: string | undefined;
  /** Where packets that enter by it meet the chain. */
  readonly hook: 'xdp' | 'tcx';
  /** What XDP sends back by it has to be redirected: XDP_TX of a veth does not wake its other end unless an XDP program is there. */
  readonly isVeth?: boolean;
  /** What tcx sends out of it is handed to its other end, in another namespace. */
  readonly handsOver?: boolean;
}

export interface ChainParts {
  /** By name in the chain. */
  readonly functions: FunctionFaces;
  /** By name in the chain. */
  readonly ports: ReadonlyMap<string, WiredPort>;
}

/** Where something is behind, by identity: what a position is before it has a number. */
export type Link =
  | Extract<Behind, { readonly kind: 'end' | 'interface' }>
  | { readonly kind: 'place'; readonly id: string }
  | { readonly kind: 'leave'; readonly id: string | undefined };

/** A place before it has a position; `id` is the same as long as it stands in the same stead. */
export interface Place
  extends Pick<Placement, 'function' | 'hook' | 'direction' | 'entry'>,
    Readonly<Record<'next' | 'back' | 'out', Link>> {
  readonly id: string;
  readonly exits: Readonly<Record<string, Link>>;
  readonly flood?: Link;
  readonly routed?: readonly { readonly ifindex: number; readonly to: Link }[];
  readonly own?: { readonly kind: 'raise' } | { readonly kind: 'copy'; readonly floods: readonly PlannedFlood[] };
}

export interface PlannedFlood {
  /** From this place of the chain's own. */
  readonly id: string;
  readonly to: readonly Link[];
}

export interface PlannedRoot extends Pick<Root, 'port' | 'hook'> {
  readonly id: string;
}

export interface ChainPlan {
  readonly places: ReadonlyMap<string, Place>;
  readonly roots: readonly PlannedRoot[];
  /** By function: names of its ports, in order of their index, each with the interface that it is wired to (0: none). */
  readonly ports: ReadonlyMap<string, readonly { readonly name: string; readonly ifindex: number }[]>;
}

const END: Link = { kind: 'end' };
const OWN = { function: '', direction: 'ingress', next: END, back: END, out: END, exits: {} } as const;

interface Flooding {
  readonly name: string;
  readonly entry: string | undefined;
  readonly exits: readonly (readonly [port: string, exit: Link])[];
}

type Side = 'outer' | 'inner';
const opposite = (side: Side): Side => (side === 'outer' ? 'inner' : 'outer');

/** @throws ChainSpecError */
export function planChain(spec: ChainSpec, parts: ChainParts): ChainPlan {
  const segments = segmentsOf(spec, parts.functions);
  checkNamespaces(spec, segments, parts);
  const planner = new Planner(segments, parts);
  const entering = segments.flatMap((segment) => planner.roots(segment));
  const roots = [...entering, ...planner.copying()];
  return { places: planner.places, roots, ports: portsOf(spec, segments, parts) };
}

class Planner {
  readonly places = new Map<string, Place>();
  readonly #floods: PlannedFlood[] = [];
  readonly #segments: readonly Segment[];
  readonly #parts: ChainParts;

  constructor(segments: readonly Segment[], parts: ChainParts) {
    this.#segments = segments;
    this.#parts = parts;
  }

  roots(segment: Segment): readonly PlannedRoot[] {
    const sides = (['outer', 'inner'] as const).flatMap((side) => {
      const end = segment[side];
      return end.kind === 'port' ? [{ side, port: end.port }] : [];
    });
    const entering = sides.flatMap(({ side, port }) => {
      const hook = this.#port(port).hook === 'xdp' ? 'xdp' : 'tcx-ingress';
      return rootAt(port, hook, this.#walk(hook, segment, side, 0));
    });
    if (segment.outer.kind !== 'port' || segment.inner.kind === 'port') return entering;
    const leaving = this.#walk('tcx-egress', segment, 'inner', 0);
    return [...entering, ...rootAt(segment.outer.port, 'tcx-egress', leaving)];
  }

  /** Where packets of XDP ports that were raised are copied. */
  copying(): readonly PlannedRoot[] {
    if (this.#floods.length === 0) return [];
    const ports = [...this.#parts.ports].filter(([, { hook }]) => hook === 'xdp');
    const copy = this.#place('copy', () => ({
      ...OWN,
      hook: 'tcx-ingress',
      entry: undefined,
      own: { kind: 'copy', floods: this.#floods },
    }));
    return ports.flatMap(([port]) => rootAt(port, 'tcx-ingress', copy));
  }

  /** What is met from a side of a segment on, behind so many of its functions. */
  #walk(hook: Hook, segment: Segment, from: Side, behind: number): Link {
    const direction: Direction = from === 'outer' ? 'ingress' : 'egress';
    const ordered = from === 'outer' ? segment.functions : [...segment.functions].reverse();
    const name = ordered[behind];
    if (name === undefined) return this.#atEnd(hook, segment, opposite(from));
    const { fastPath } = this.#face(name);
    if (direction === 'egress' && fastPath === 'one') return this.#walk(hook, segment, from, behind + 1);
    const id = [hook, direction, name, endText(segment.outer), endText(segment.inner)].join(' ');
    return this.#place(id, () => ({
      function: name,
      hook,
      direction,
      entry: entryOf(segment, from),
      next: this.#walk(hook, segment, from, behind + 1),
      back: direction === 'ingress' ? this.#back(hook, segment, ordered.length - behind) : END,
      out: direction === 'egress' && hook !== 'tcx-egress' ? this.#out(hook, segment) : END,
      exits: {},
      ...this.#routed(hook, name, segment),
    }));
  }

  /** XDP that sends out of an interface, and tcx that hands over to its other end, send past all programs: the functions of its port come
   *  first. */
  #routed(hook: Hook, name: string, from?: Segment): Pick<Place, 'routed'> {
    if (hook === 'tcx-egress' || this.#face(name).routes !== true) return {};
    const at = from?.outer.kind === 'port' ? this.#port(from.outer.port) : undefined;
    const routed = this.#segments.flatMap((segment) => {
      const { outer, inner } = segment;
      if (outer.kind !== 'port' || inner.kind === 'port') return [];
      // Routes lead to interfaces of the packet's own namespace.
      const port = this.#port(outer.port);
      if (at !== undefined && port.namespace !== at.namespace) return [];
      const handsOver = hook === 'tcx-ingress' && port.handsOver === true;
      if (hook !== 'xdp' && !handsOver) return [];
      const to = this.#walk(hook, segment, 'inner', 0);
      return to.kind === 'place' || handsOver ? [{ ifindex: port.ifindex, to }] : [];
    });
    return routed.length === 0 ? {} : { routed };
  }

  /** Back to where a segment's packets came from, through the functions on the way. */
  #back(hook: Hook, segment: Segment, behind: number): Link {
    const { outer, inner } = segment;
    // What tc programs send out of an interface meets its programs on the way out.
    if (hook === 'tcx-ingress' && outer.kind === 'port' && inner.kind !== 'port') {
      if (this.#walk('tcx-egress', segment, 'inner', 0).kind !== 'place') return END;
      const link = this.#walk('tcx-egress', segment, 'inner', behind);
      return { kind: 'leave', id: link.kind === 'place' ? link.id : undefined };
    }
    const link = this.#walk(hook, segment, 'inner', behind);
    const redirects = outer.kind === 'port' && this.#port(outer.port).isVeth === true;
    if (link.kind !== 'interface') return link;
    // By which it came: where the packet is.
    return redirects ? { kind: 'interface', ifindex: link.ifindex } : END;
  }

  #out(hook: Hook, { outer }: Segment): Link {
    return outer.kind === 'port' ? this.#interface(hook, outer.port) : END;
  }

  #atEnd(hook: Hook, segment: Segment, side: Side): Link {
    const end = segment[side];
    switch (end.kind) {
      case 'host':
        return END;
      case 'port':
        return hook === 'tcx-egress' ? END : this.#interface(hook, end.port);
      case 'function': {
        const other = segment[opposite(side)];
        return this.#standard(hook, end.function, other.kind === 'port' ? undefined : end.port);
      }
    }
  }

  /** A function with ports. Packets from interfaces of its own are told apart by those, others by where they come from. */
  #standard(hook: Hook, name: string, entry: string | undefined): Link {
    const id = [hook, name, entry ?? '*'].join(' ');
    return this.#place(id, () => {
      const exits = this.#segments.flatMap((segment) =>
        (['outer', 'inner'] as const).flatMap((side) => {
          const end = segment[side];
          if (end.kind !== 'function' || end.function !== name) return [];
          return [[end.port, this.#exit(hook, segment, side)] as const];
        }),
      );
      const redirects = hook === 'xdp' && [...this.#parts.ports.values()].some((port) => port.isVeth === true);
      const back: Link = redirects ? { kind: 'interface', ifindex: 0 } : END;
      const own = { function: name, hook, direction: 'ingress', entry } as const;
      const more = { ...this.#flood(id, hook, { name, entry, exits }), ...this.#routed(hook, name) };
      return { ...own, next: END, back, out: END, exits: Object.fromEntries(exits), ...more };
    });
  }

  /** A broadcast of XDP runs no program, and it has one packet only: where more than interfaces is behind ports, copies are made of
   *  what goes on in the stack, and leave through the functions there. */
  #flood(id: string, hook: Hook, from: Flooding): Pick<Place, 'flood'> {
    const { name, entry, exits } = from;
    if (hook !== 'xdp' || this.#face(name).floods !== true) return {};
    if (exits.every(([, exit]) => exit.kind !== 'place')) return {};
    const to = this.#segments.flatMap((segment) =>
      (['outer', 'inner'] as const).flatMap((side) => {
        const end = segment[side];
        if (end.kind !== 'function' || end.function !== name || end.port === entry) return [];
        return [this.#exit('tcx-ingress', segment, side)];
      }),
    );
    const raised = this.#place(`raise ${id}`, () => ({ ...OWN, hook, entry, own: { kind: 'raise' } }));
    this.#floods.push({ id: `raise ${id}`, to });
    return { flood: raised };
  }

  #interface(hook: Hook, port: string): Link {
    const { ifindex, handsOver } = this.#port(port);
    const peer = hook === 'tcx-ingress' && handsOver === true;
    const crosses = hook === 'xdp' && spansNamespaces(this.#parts);
    return { kind: 'interface', ifindex, ...(crosses && { crosses }), ...(peer && { peer }) };
  }

  #exit(hook: Hook, segment: Segment, side: Side): Link {
    // What tc programs send out of an interface meets its programs on the way out; what XDP sends does not.
    if (hook === 'tcx-ingress' && segment[opposite(side)].kind === 'port') {
      return this.#atEnd(hook, segment, opposite(side));
    }
    return this.#walk(hook, segment, side, 0);
  }

  /** Places lead to each other in circles where functions with ports do: a place is known before what is behind it. */
  readonly #begun = new Set<string>();

  #place(id: string, make: () => Omit<Place, 'id'>): Link {
    if (!this.#begun.has(id)) {
      this.#begun.add(id);
      this.places.set(id, { id, ...make() });
    }
    return { kind: 'place', id };
  }

  #port(name: string): WiredPort {
    const port = this.#parts.ports.get(name);
    if (port === undefined) throw new Error(`port ${name} has no interface`);
    return port;
  }

  #face(name: string) {
    const face = this.#parts.functions.get(name);
    if (face === undefined) throw new Error(`function ${name} is not known`);
    return face;
  }
}

function rootAt(port: string, hook: Hook, link: Link): readonly PlannedRoot[] {
  return link.kind === 'place' ? [{ port, hook, id: link.id }] : [];
}

/** The port that a transparent function sits on; between two ports, the one by which the packet came. */
function entryOf(segment: Segment, from: Side): string {
  const came: End = segment[from];
  return endText(came.kind === 'port' ? came : segment.outer);
}

/** What each function calls its ports, and where they lead. */
function portsOf({ functions }: ChainSpec, segments: readonly Segment[], parts: ChainParts): ChainPlan['ports'] {
  const ifindexOf = (end: End) => (end.kind === 'port' ? (parts.ports.get(end.port)?.ifindex ?? 0) : 0);
  const portsFor = (name: string) => {
    const face = parts.functions.get(name);
    if (face === undefined || face.ports.kind === 'transparent') {
      const on = segments.filter((segment) => segment.functions.includes(name));
      const ends = on.flatMap(({ outer, inner }) => (inner.kind === 'port' ? [outer, inner] : [outer]));
      return ends.map((end) => ({ name: endText(end), ifindex: ifindexOf(end) }));
    }
    const wired = segments.flatMap(({ outer, inner }) => [
      ...(inner.kind === 'function' && inner.function === name
        ? [{ name: inner.port, ifindex: ifindexOf(outer) }]
        : []),
      ...(outer.kind === 'function' && outer.function === name
        ? [{ name: outer.port, ifindex: ifindexOf(inner) }]
        : []),
    ]);
    if (face.ports.kind === 'portGroup') return wired;
    return face.ports.names.map((port) => wired.find((one) => one.name === port) ?? { name: port, ifindex: 0 });
  };
  return new Map(functions.map(({ name }) => [name, portsFor(name)] as const));
}
