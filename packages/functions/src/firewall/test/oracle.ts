// What the firewall ought to do, said once more: over packetView, with rules read one by one and flows in a Map.
import {
  type CopiedPacket,
  canonical,
  type FiveTuple,
  type IpHeader,
  icmpTypes,
  locateFrameDatagram,
  packetView,
  within,
} from '@twinpath/packet';
import type { Config } from '../config.ts';
import type { Rule } from '../rule.ts';
import type { Direction } from '../rule-order.ts';
import type { IcmpTest } from '../values.ts';

export interface Judgement {
  readonly verdict: 'drop' | 'next' | 'stack' | 'slowPath undecided';
  /** The one counter that rises. */
  readonly counter?: string;
  /** What goes up. */
  readonly metadata?: { readonly flow: FiveTuple; readonly direction: Direction };
}

type State = 'opening' | 'answered' | 'open' | 'stream' | 'closedByOpener' | 'closedByAnswerer' | 'closed';

interface Flow {
  state: State;
  /** The address and port of who opened it. */
  readonly opener: string;
  lastUsed: number;
}

const IDLE_SECONDS: Readonly<Record<State, number>> = {
  opening: 30,
  answered: 60,
  open: 7500,
  stream: 300,
  closedByOpener: 240,
  closedByAnswerer: 240,
  closed: 10,
};

const CONTEXT = { port: 'port', now: 0 };

const drop = (counter: string): Judgement => ({ verdict: 'drop', counter });

export class FirewallOracle {
  readonly #config: Config;
  readonly #flows = new Map<string, Flow>();
  #seconds = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  get flows(): number {
    return this.#flows.size;
  }

  after(seconds: number): void {
    this.#seconds += seconds;
    for (const [key, { state, lastUsed }] of this.#flows) {
      if (this.#seconds - lastUsed > IDLE_SECONDS[state]) this.#flows.delete(key);
    }
  }

  judge(bytes: Uint8Array, direction: Direction): Judgement {
    const packet = packetView(bytes, CONTEXT);
    const ip = packet.ip();
    if (ip === undefined) {
      if (packet.arp() !== undefined) return { verdict: 'next' };
      return { verdict: this.#config.otherTypes === 'allow' ? 'next' : 'drop', counter: 'notIp' };
    }
    if (this.#config.options === 'drop' && ip.hasOptions) return drop('optioned');
    if (ip.icmp()?.neighbour() !== undefined) return { verdict: 'next' };
    const about = this.#config.stateful ? ip.icmp()?.quoted()?.flow() : undefined;
    if (about !== undefined) return this.#flows.has(keyOf(about)) ? { verdict: 'next' } : drop('refused');
    const flow = ip.flow();
    return flow === undefined ? this.#unreadable(ip) : this.#judgeFlow(packet, ip, flow, direction);
  }

  #unreadable({ isFirstFragment }: IpHeader): Judgement {
    if (isFirstFragment) return drop('unreadable');
    return { verdict: this.#config.laterFragments === 'allow' ? 'next' : 'drop', counter: 'fragments' };
  }

  #judgeFlow(packet: CopiedPacket, ip: IpHeader, flow: FiveTuple, direction: Direction): Judgement {
    const known = this.#config.stateful ? this.#flows.get(keyOf(flow)) : undefined;
    const tcp = ip.tcp();
    const begins = tcp?.syn === true && !tcp.ack;
    if (known !== undefined && begins && known.state.startsWith('closed')) this.#flows.delete(keyOf(flow));
    else if (known !== undefined) {
      known.lastUsed = this.#seconds;
      known.state = stateAfter(known, ip, flow);
      return { verdict: 'next', counter: 'known' };
    }
    const { stateful, opening } = this.#config;
    if (stateful && opening === 'syn' && flow.protocol === 'tcp' && !begins) return drop('unopened');
    const rule = this.#config.rules.find((one) => matches(one, { bytes: packet.bytes, flow, direction }));
    if (rule?.when !== undefined || rule?.toName !== undefined) {
      return { verdict: 'slowPath undecided', counter: 'asked', metadata: { flow, direction } };
    }
    const action = rule?.action ?? this.#config.otherwise;
    if (action === 'offload') return { verdict: 'stack' };
    if (action === 'drop') return drop('refused');
    if (!this.#config.stateful) return { verdict: 'next' };
    this.#flows.set(keyOf(flow), { state: 'opening', opener: `${flow.src} ${flow.sport}`, lastUsed: this.#seconds });
    return { verdict: 'next', counter: 'opened' };
  }
}

function stateAfter({ state, opener }: Flow, ip: IpHeader, { src, sport, protocol }: FiveTuple): State {
  const isAnswer = `${src} ${sport}` !== opener;
  const tcp = ip.tcp();
  if (protocol !== 'tcp') return isAnswer && state === 'opening' ? 'stream' : state;
  if (tcp === undefined) return state;
  if (tcp.rst) return 'closed';
  if (state === 'opening') return isAnswer ? 'answered' : state;
  if (state === 'answered') return isAnswer || tcp.syn ? state : tcp.fin ? 'closedByOpener' : 'open';
  if (!tcp.fin || state === 'closed') return state;
  const own = isAnswer ? 'closedByAnswerer' : 'closedByOpener';
  return state === 'open' || state === own ? own : 'closed';
}

function keyOf(flow: FiveTuple): string {
  const { src, dst, sport, dport, protocol } = canonical(flow);
  return [src, dst, sport, dport, protocol].join(' ');
}

interface Subject {
  readonly bytes: Uint8Array;
  readonly flow: FiveTuple;
  readonly direction: Direction;
}

function matches(rule: Rule, { bytes, flow, direction }: Subject): boolean {
  const { src, dst, sport, dport, protocol } = flow;
  const among = <T>(wanted: readonly T[] | undefined, test: (one: T) => boolean) => wanted?.some(test) ?? true;
  const at = locateFrameDatagram(bytes, bytes.length)?.transportAt ?? 0;
  const [flags = 0, type, code] = [bytes[at + 13], bytes[at], bytes[at + 1]];
  // Names of types are those of the protocol, whatever carries it: ICMPv6 in IPv4 is nonsense, and comes all the same.
  const family = rule.protocol?.includes('icmp6') ? 6 : 4;
  const view = packetView(bytes, CONTEXT);
  return (
    (rule.direction ?? direction) === direction &&
    among(rule.protocol, (one) => one === protocol) &&
    among(rule.from, (one) => within(src, one)) &&
    among(rule.to, (one) => within(dst, one)) &&
    among(rule.sourcePort, (one) => isPort(one, sport)) &&
    among(rule.port, (one) => isPort(one, dport)) &&
    among(rule.flags, ({ mask, value }) => (flags & mask) === value) &&
    among(rule.icmp, (one) => isType(family, one, type) && (one.code ?? code) === code) &&
    among(rule.interface, (one) => one === CONTEXT.port) &&
    among(rule.vlan, (one) => one === (view.ethernet()?.vlan?.id ?? 'none'))
  );
}

const isType = (family: 4 | 6, { type, last }: IcmpTest, given = -2) => {
  const first = typeNumber(family, type) ?? -1;
  return given >= first && given <= (last ?? first);
};

const typeNumber = (family: 4 | 6, type: number | string) =>
  typeof type === 'number' ? type : Object.entries(icmpTypes[family]).find(([name]) => name === type)?.[1];

function isPort(range: number | string, port: number): boolean {
  const [low = 0, high = low] = String(range).split('-').map(Number);
  return low <= port && port <= high;
}
