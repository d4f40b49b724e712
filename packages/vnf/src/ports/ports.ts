import type { Mac, Port } from '@twinpath/packet';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { PortGroupSpec } from '../spec/specs.ts';
import type { u32 } from '../types/integers.ts';

/** A port by name: a value of type `Port`, for `forward` and for comparison with `packet.port`. */
export function port<const N extends string>(name: N): N {
  return name;
}

export interface PortGroup {
  /** What the fast path may know of a port; kept current by the runtime. `undefined`: not a port of this group, or down. */
  at(port: Port): { readonly mac: Mac; readonly mtu: u32 } | undefined;
  readonly [SPEC]: PortGroupSpec;
}

/** Any number of ports of one kind, named in the chain's configuration. */
export function portGroup({ max }: { max: number }): PortGroup {
  const spec: PortGroupSpec = Object.freeze({ kind: 'portGroup', max });
  return Object.freeze({ at: tableVerb(spec, 'at'), [SPEC]: spec });
}
