// What the host would say to chains, before any of them is brought to it: asked where starting asks, and nothing is changed.

import { UnsupportedFeatureError } from '@twinpath/ebpf';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, FunctionFace, PortSpec } from '@twinpath/vnf/chain';
import { whatIsLeft } from '../host/claim.ts';
import type { LeftBehind } from '../host/left-behind.ts';
import { checkAdoption } from './adoption.ts';
import { ChainError } from './chain-error.ts';
import { ChainNamespaces } from './chain-namespaces.ts';
import { leavesHookOpen } from './choose-hook.ts';
import { listenersOf } from './listeners.ts';
import { type KernelPort, openPorts } from './open-port.ts';
import { requireFeatures, requirePrivileges } from './requirements.ts';
import { runningChain } from './start-chain.ts';

export interface ChainAsked {
  readonly spec: ChainSpec;
  /** Of its own functions, by name. */
  readonly faces: ReadonlyMap<string, FunctionFace>;
}

type Interface = Pick<PortSpec, 'interface' | 'namespace'>;

export interface HostAsked {
  /** In the order in which they would be brought to the kernel. */
  readonly chains: readonly ChainAsked[];
  /** Interfaces on which running chains have XDP, and would not have it any more. */
  readonly letGo: readonly Interface[];
}

export interface PortAnswer {
  /** Its name in the chain. */
  readonly port: string;
  readonly interface: string;
  readonly namespace: string | undefined;
  /** `undefined`: the driver must be tried, which is only done when the chain is brought. */
  readonly hook: 'xdp' | 'tcx' | undefined;
  /** For people, behind "because". */
  readonly why: string;
  /** What else is on the interface, and stays. */
  readonly notes: readonly string[];
}

export interface HostAnswer {
  readonly chain: string;
  readonly ports: readonly PortAnswer[];
  /** All that speaks against it; the first is what bringing the chain would throw. */
  readonly errors: readonly (ChainError | UnsupportedFeatureError)[];
}

const UNTRIED = 'drivers do not say whether they have native XDP before it is tried, which changes the interface';

export function askHost({ chains, letGo }: HostAsked): readonly HostAnswer[] {
  const free = new Set(letGo.map(placeOf));
  const taken = new Map<string, string>();
  return chains.map((one) => new Question(one, free, taken).answer());
}

const placeOf = ({ interface: link, namespace = '' }: Interface): string => `${namespace} ${link}`;

class Question {
  readonly #asked: ChainAsked;
  readonly #free: ReadonlySet<string>;
  /** By interface: the chain of the same change that has its XDP hook then. */
  readonly #taken: Map<string, string>;
  readonly #errors: (ChainError | UnsupportedFeatureError)[] = [];

  constructor(asked: ChainAsked, free: ReadonlySet<string>, taken: Map<string, string>) {
    this.#asked = asked;
    this.#free = free;
    this.#taken = taken;
  }

  answer(): HostAnswer {
    const { spec, faces } = this.#asked;
    const ports: PortAnswer[] = [];
    this.#try(() => {
      requirePrivileges(spec.name);
      const running = runningChain(spec.name);
      const left = running === undefined ? whatIsLeft(spec.name) : undefined;
      using namespaces = new ChainNamespaces(spec.name);
      ports.push(...this.#ports(namespaces, left));
      for (const [name, face] of faces) this.#try(() => this.#function(name, face, namespaces));
    });
    return { chain: spec.name, ports, errors: this.#errors };
  }

  #ports(namespaces: ChainNamespaces, left: LeftBehind | undefined): readonly PortAnswer[] {
    const { spec } = this.#asked;
    const opened = new Map<string, KernelPort>();
    const answers = Object.keys(spec.ports).flatMap(
      (name) => this.#kept(name) ?? this.#try(() => this.#fresh(name, namespaces, left, opened)) ?? [],
    );
    if (left !== undefined && this.#errors.length === 0) {
      this.#try(() => checkAdoption(left, { chain: spec.name, ports: opened }));
    }
    return answers;
  }

  /** A port of a running chain that stays as it is. */
  #kept(name: string): PortAnswer | undefined {
    const { spec } = this.#asked;
    const running = runningChain(spec.name);
    const port = running?.ports.find((one) => one.name === name);
    if (port === undefined || JSON.stringify(running?.spec.ports[name]) !== JSON.stringify(spec.ports[name]))
      return undefined;
    const { interface: link, namespace, hook, why } = port;
    return { port: name, interface: link, namespace, hook, why, notes: [] };
  }

  #fresh(
    name: string,
    namespaces: ChainNamespaces,
    left: LeftBehind | undefined,
    opened: Map<string, KernelPort>,
  ): PortAnswer {
    const { spec } = this.#asked;
    const notes: string[] = [];
    let isTried = false;
    const port = openPorts({
      ...{ spec, names: [name], namespaces, left: left?.links ?? [], log: notebook(notes) },
      tries: () => {
        isTried = true;
        return false;
      },
      isLetGo: (at) => this.#free.has(placeOf(at)),
    }).get(name);
    if (port === undefined) throw new RangeError(`chain ${spec.name} has no port ${name}`);
    opened.set(name, port);
    const { interface: link, namespace } = port.spec;
    const isOpen = isTried && leavesHookOpen(port.spec);
    if (port.hook === 'xdp') this.#take(name, port.spec);
    const [hook, why] = isOpen ? [undefined, UNTRIED] : [port.hook, port.why];
    return { port: name, interface: link, namespace, hook, why, notes };
  }

  /** @throws ChainError: another chain of this change has it. */
  #take(port: string, spec: PortSpec): void {
    const { name } = this.#asked.spec;
    const other = this.#taken.get(placeOf(spec));
    if (other === undefined) {
      this.#taken.set(placeOf(spec), name);
      return;
    }
    const hint = `let packets of one of them enter by \`hook: tcx\``;
    const path = ['ports', port, 'interface'];
    const why = `${spec.interface} would have an XDP program already: that of chain ${other}`;
    throw new ChainError('TP_INTERFACE_TAKEN', name, why, { hint, path });
  }

  #function(name: string, { fastPath, reasons = {} }: FunctionFace, namespaces: ChainNamespaces): void {
    requireFeatures({ fastPath, reasons });
    const { spec: chain } = this.#asked;
    const given = chain.functions.find((one) => one.name === name);
    if (given !== undefined && 'use' in given) listenersOf({ chain, given, reasons, namespaces });
  }

  #try<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ChainError || error instanceof UnsupportedFeatureError)) throw error;
      this.#errors.push(error);
      return undefined;
    }
  }
}

/** What would be logged of a port belongs to the answer. */
function notebook(notes: string[]): Log {
  const write = (message: string) => void notes.push(message);
  return { debug: write, info: write, warn: write, error: write };
}
