import type { Log } from '@twinpath/vnf';
import type { ChainFunctionSpec, ChainSpec, OwnFunctionSpec } from '@twinpath/vnf/chain';
import type { HostClaim } from '../host/claim.ts';
import type { LeftBehind } from '../host/left-behind.ts';
import type { StateDirectory } from '../host/state-directory.ts';
import type { FunctionData } from '../instance/instance-handle.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import { arraysDirectory, KernelWiring } from '../kernel/kernel-wiring.ts';
import type { AttachmentLog } from '../kernel/port-attachment.ts';
import { openLeft, placedBefore } from './adoption.ts';
import type { ChainError } from './chain-error.ts';
import type { ChainNamespaces } from './chain-namespaces.ts';
import { type HookNeeded, leavesHookOpen } from './choose-hook.ts';
import type { ChainAbove, ChainGround, FunctionMaps, Inheritance, OpenedFunction, Settled } from './ground.ts';
import { type KernelPort, openPorts, preparePorts, recordedPorts } from './open-port.ts';
import { PortWatch } from './port-watch.ts';
import type { PortDescription } from './running.ts';
import { addWiring } from './wirings.ts';

export interface KernelGroundOptions {
  readonly chain: string;
  readonly namespaces: ChainNamespaces;
  /** The mark of the slow path's packets. */
  readonly key: number;
  readonly claim: HostClaim;
  readonly log: Log;
  /** What a process that is gone has left of the chain. */
  readonly left: LeftBehind | undefined;
  readonly state: StateDirectory;
  open(one: ChainFunctionSpec, chain: ChainSpec): Promise<OpenedFunction>;
  listen(chain: ChainSpec, one: OwnFunctionSpec, reasons: FunctionData['reasons']): void;
  replaced(functions: readonly string[]): Promise<void>;
}

/** A chain in the kernel of this machine: pinned, recorded, on hooks of interfaces. */
export class KernelGround implements ChainGround<KernelPort> {
  readonly wiring: KernelWiring;
  readonly maps: FunctionMaps;
  readonly arrays: InstancePlaces['arrays'];
  readonly lost: Promise<ChainError>;
  readonly open: KernelGroundOptions['open'];
  readonly listen: KernelGroundOptions['listen'];
  readonly replaced: KernelGroundOptions['replaced'];
  readonly #options: KernelGroundOptions;
  readonly #watch: PortWatch;
  readonly #owned = new DisposableStack();
  readonly #prepared = new Set<string>();
  readonly #warned = new Set<string>();
  /** From the beginning on. */
  #above: ChainAbove<KernelPort> | undefined;

  constructor(options: KernelGroundOptions) {
    const { chain, claim, key, log } = options;
    this.#options = options;
    this.maps = claim;
    this.arrays = { [chain]: arraysDirectory(claim.pins) };
    this.open = options.open;
    this.listen = options.listen;
    this.replaced = options.replaced;
    const attachments: AttachmentLog = {
      onLink: (hook, id) => claim.addLink({ hook, id }),
      onFilter: (hook, place, namespace) =>
        claim.addFilter({ hook, place, ...(namespace !== undefined && { namespace }) }),
    };
    const onUnfused = () => this.#above?.unfused();
    this.wiring = this.#owned.use(new KernelWiring({ chain, pins: claim.pins, log: attachments, key, onUnfused }));
    this.#owned.use(addWiring(chain, this.wiring));
    const returned = async (port: string) => this.#above?.returned(port);
    this.#watch = this.#owned.use(
      new PortWatch({ chain, ports: () => this.#above?.ports ?? new Map(), returned, log }),
    );
    this.lost = this.#watch.lost;
  }

  carry(chain: ChainAbove<KernelPort>): Inheritance | undefined {
    this.#above = chain;
    const { left, state } = this.#options;
    if (left === undefined) return undefined;
    this.wiring.adopt(openLeft(left, { chain: this.#options.chain, ports: chain.ports }));
    return { placed: placedBefore(left), occupied: this.wiring.occupied, spec: state.stored() };
  }

  async openPorts(
    spec: ChainSpec,
    before: ReadonlyMap<string, KernelPort>,
    _undo: AsyncDisposableStack,
    needed: HookNeeded | undefined,
  ): Promise<ReadonlyMap<string, KernelPort>> {
    const { namespaces, log } = this.#options;
    const isKept = (name: string) => {
      const present = before.get(name);
      if (present === undefined || JSON.stringify(present.spec) !== JSON.stringify(spec.ports[name])) return false;
      return needed === undefined || present.hook === needed.hook || !leavesHookOpen(present.spec);
    };
    const names = Object.keys(spec.ports);
    const kept = [...before].filter(([name]) => names.includes(name) && isKept(name));
    const fresh = names.filter((name) => !isKept(name));
    return new Map([...kept, ...openPorts({ spec, names: fresh, namespaces, log, needed })]);
  }

  prepare(ports: ReadonlyMap<string, KernelPort>): void {
    const { log, claim } = this.#options;
    preparePorts({ ports, done: this.#prepared, log, onSetting: (setting) => claim.addSetting(setting) });
  }

  letGo(port: string): void {
    this.wiring.letGo(port);
  }

  settle({ ports, placed: { placements, roots }, functions }: Settled<KernelPort>): void {
    const placed = { placements: [...placements], roots };
    this.#options.claim.settle({ ports: recordedPorts(ports), placed, functions });
    this.wiring.settle();
  }

  async begun(ports: ReadonlyMap<string, KernelPort>): Promise<void> {
    this.#warnOfGeneric(ports);
  }

  store(spec: ChainSpec): Promise<void> {
    return this.#options.state.store(spec);
  }

  forget(): void {
    this.#options.state.forget();
  }

  retired(): void {
    this.wiring.forgetStrays();
  }

  fuse(): Promise<void> {
    return this.wiring.fuse();
  }

  describe(name: string, { hook, why }: KernelPort): PortDescription {
    const entering = this.wiring.fusing({ port: name, hook: hook === 'xdp' ? 'xdp' : 'tcx-ingress' });
    const leaving = this.wiring.fusing({ port: name, hook: 'tcx-egress' });
    const unfused = [
      ...(entering?.left ?? []).map((one) => ({ ...one, direction: 'ingress' }) as const),
      ...(leaving?.left ?? []).map((one) => ({ ...one, direction: 'egress' }) as const),
    ];
    const fused = entering?.functions ?? [];
    return {
      why,
      mode: this.wiring.mode(name),
      isFused: fused.length > 0,
      fused,
      unfused,
      isWaiting: this.#watch.isWaiting(name),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
  }

  /** Once for each port. */
  #warnOfGeneric(ports: ReadonlyMap<string, KernelPort>): void {
    for (const [name, { spec }] of ports) {
      if (this.wiring.mode(name) !== 'generic' || this.#warned.has(name)) continue;
      this.#warned.add(name);
      const cost = 'several times slower than in the driver, and than tcx';
      this.#options.log.warn(`GENERIC XDP on ${spec.interface}: packets meet the chain in the stack, ${cost}`);
    }
  }
}
