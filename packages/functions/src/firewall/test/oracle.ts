// What the firewall ought to do, said once more: over packetView, with rules read one by one and flows in a Map.
import { canonical, type FiveTuple, type IpHeader, isCanonical, packetView, within } from '@twinpath/packet';
import type { Config, Rule } from '../config.ts';
import type { Direction } from '../rule-order.ts';

export interface Judgement {
  readonly verdict: 'drop' | 'next' | 'stack' | 'slowPath undecided';
  /** The one counter that rises. */
  readonly counter?: string;
  /** What goes up. */
  readonly metadata?: { readonly flow: FiveTuple; readonly direction: Direction };
}

interface Flow {
  state: 'opening' | 'open' | 'closing';
  openedByLowerEnd: boolean;
  lastUsed: number;
}

const IDLE_SECONDS: Readonly<Record<Flow['state'], number>> = { opening: 30, open: 7200, closing: 10 };

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
    const packet = packetView(bytes, { port: 'port', now: 0 });
    const ip = packet.ip();
    if (ip === undefined) {
      if (packet.arp() !== undefined) return { verdict: 'next' };
      return { verdict: this.#config.otherTypes === 'allow' ? 'next' : 'drop', counter: 'notIp' };
    }
    if (this.#config.options === 'drop' && ip.hasOptions) return drop('optioned');
    if (ip.icmp()?.neighbour() !== undefined) return { verdict: 'next' };
    const about = ip.icmp()?.quoted()?.flow();
    if (about !== undefined) return this.#flows.has(keyOf(about)) ? { verdict: 'next' } : drop('refused');
    const flow = ip.flow();
    return flow === undefined ? this.#unreadable(ip) : this.#judgeFlow(ip, flow, direction);
  }

  #unreadable({ isFirstFragment }: IpHeader): Judgement {
    if (isFirstFragment) return drop('unreadable');
    return { verdict: this.#config.laterFragments === 'allow' ? 'next' : 'drop', counter: 'fragments' };
  }

  #judgeFlow(ip: IpHeader, flow: FiveTuple, direction: Direction): Judgement {
    const known = this.#flows.get(keyOf(flow));
    if (known !== undefined) {
      known.lastUsed = this.#seconds;
      const isAnswer = isCanonical(flow) !== known.openedByLowerEnd;
      if (ip.tcp()?.fin || ip.tcp()?.rst) known.state = 'closing';
      else if (isAnswer && known.state === 'opening') known.state = 'open';
      return { verdict: 'next', counter: 'known' };
    }
    const rule = this.#config.rules.find((one) => matches(one, flow, direction));
    if (rule?.when !== undefined || rule?.toName !== undefined) {
      return { verdict: 'slowPath undecided', counter: 'asked', metadata: { flow, direction } };
    }
    const action = rule?.action ?? this.#config.otherwise;
    if (action === 'offload') return { verdict: 'stack' };
    if (action === 'drop') return drop('refused');
    this.#flows.set(keyOf(flow), {
      state: 'opening',
      openedByLowerEnd: isCanonical(flow),
      lastUsed: this.#seconds,
    });
    return { verdict: 'next', counter: 'opened' };
  }
}

function keyOf(flow: FiveTuple): string {
  const { src, dst, sport, dport, protocol } = canonical(flow);
  return [src, dst, sport, dport, protocol].join(' ');
}

function matches(rule: Rule, { src, dst, dport, protocol }: FiveTuple, direction: Direction): boolean {
  const [low = 0, high = low] = String(rule.port ?? '0-65535')
    .split('-')
    .map(Number);
  return (
    (rule.direction ?? direction) === direction &&
    (rule.protocol ?? protocol) === protocol &&
    (rule.from === undefined || within(src, rule.from)) &&
    (rule.to === undefined || within(dst, rule.to)) &&
    low <= dport &&
    dport <= high
  );
}
