// Routes and neighbours for bpf_fib_lookup, given by whoever makes the engine: from a file, a test, a netlink mirror.

export interface Route {
  /** 4 or 16 bytes. */
  readonly prefix: Uint8Array;
  readonly length: number;
  /** Interface out of which packets go. */
  readonly ifindex: number;
  /** The next hop; the destination itself if there is none. */
  readonly gateway?: Uint8Array;
  /** Bytes of an IP packet; what the interface has unless said. */
  readonly mtu?: number;
  readonly kind?: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'local';
}

export interface FibPort {
  readonly ifindex: number;
  readonly mac: Uint8Array;
  /** Without the Ethernet header. */
  readonly mtu: number;
}

export interface Neighbour {
  readonly ifindex: number;
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
}

/** BPF_FIB_LKUP_RET_* */
const RESULT = {
  success: 0,
  blackhole: 1,
  unreachable: 2,
  prohibit: 3,
  notForwarded: 4,
  noNeighbour: 7,
  tooLong: 8,
} as const;
const kinds = {
  blackhole: RESULT.blackhole,
  unreachable: RESULT.unreachable,
  prohibit: RESULT.prohibit,
  local: RESULT.notForwarded,
} as const;
const SKIP_NEIGHBOUR = 1 << 2;

/** struct bpf_fib_lookup: 64 bytes. Numbers in the machine's order but for addresses. */
const FIB = {
  family: 0,
  totalLength: 6,
  ifindex: 8,
  destination: 32,
  vlan: 48,
  source: 52,
  target: 58,
  bytes: 64,
} as const;
const FAMILY: Readonly<Record<number, 4 | 16>> = { 2: 4, 10: 16 };
const EINVAL = 22;
const EAFNOSUPPORT = 97;

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

export class FibTable {
  /** By bytes of an address, then by length of the prefix from the longest on, then by prefix. */
  readonly #routes = new Map<number, Map<number, Map<string, Route>>>();
  readonly #ports = new Map<number, FibPort>();
  readonly #neighbours = new Map<string, Uint8Array>();

  setPort(port: FibPort): void {
    this.#ports.set(port.ifindex, port);
  }

  setRoute(route: Route): void {
    const lengths = this.#routes.get(route.prefix.length) ?? new Map<number, Map<string, Route>>();
    const routes = lengths.get(route.length) ?? new Map<string, Route>();
    routes.set(cut(route.prefix, route.length), route);
    lengths.set(route.length, routes);
    const longestFirst = [...lengths].sort(([a], [b]) => b - a);
    this.#routes.set(route.prefix.length, new Map(longestFirst));
  }

  deleteRoute({ prefix, length }: Pick<Route, 'prefix' | 'length'>): boolean {
    return this.#routes.get(prefix.length)?.get(length)?.delete(cut(prefix, length)) ?? false;
  }

  setNeighbour({ ifindex, address, mac }: Neighbour): void {
    this.#neighbours.set(`${ifindex} ${text(address)}`, mac);
  }

  deleteNeighbour({ ifindex, address }: Pick<Neighbour, 'ifindex' | 'address'>): boolean {
    return this.#neighbours.delete(`${ifindex} ${text(address)}`);
  }

  mtu(ifindex: number): number {
    return this.#ports.get(ifindex)?.mtu ?? 0;
  }

  /** Fills in struct bpf_fib_lookup; what the helper returns. */
  lookup(parameters: DataView, flags: number): number {
    if (parameters.byteLength < FIB.bytes) return -EINVAL;
    const size = FAMILY[parameters.getUint8(FIB.family)];
    if (size === undefined) return -EAFNOSUPPORT;
    const bytes = new Uint8Array(parameters.buffer, parameters.byteOffset, FIB.bytes);
    const destination = Uint8Array.from(bytes.subarray(FIB.destination, FIB.destination + size));
    const route = this.#longest(destination);
    if (route === undefined) return RESULT.notForwarded;
    const { kind = 'unicast', ifindex, gateway = destination } = route;
    if (kind !== 'unicast') return kinds[kind];
    const port = this.#ports.get(ifindex);
    const mtu = route.mtu ?? port?.mtu ?? Number.POSITIVE_INFINITY;
    if (parameters.getUint16(FIB.totalLength, true) > mtu) {
      parameters.setUint16(FIB.totalLength, mtu, true);
      return RESULT.tooLong;
    }
    parameters.setUint32(FIB.ifindex, ifindex, true);
    if (gateway.length === size) bytes.set(gateway, FIB.destination);
    parameters.setUint32(FIB.vlan, 0, true);
    if ((flags & SKIP_NEIGHBOUR) !== 0) return RESULT.success;
    const mac = this.#neighbours.get(`${ifindex} ${text(gateway)}`);
    if (mac === undefined || port === undefined) return RESULT.noNeighbour;
    bytes.set(port.mac, FIB.source);
    bytes.set(mac, FIB.target);
    return RESULT.success;
  }

  #longest(address: Uint8Array): Route | undefined {
    for (const [length, routes] of this.#routes.get(address.length) ?? []) {
      const route = routes.get(cut(address, length));
      if (route !== undefined) return route;
    }
    return undefined;
  }
}

/** The first bits of an address as a key. */
function cut(address: Uint8Array, bits: number): string {
  const bytes = address.slice(0, Math.ceil(bits / 8));
  const last = bytes.length - 1;
  if (bits % 8 !== 0) bytes[last] = (bytes[last] ?? 0) & (0xff << (8 - (bits % 8)));
  return text(bytes);
}
