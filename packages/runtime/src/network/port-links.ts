import type { PortState } from '../data-plane.ts';
import type { InstancePort } from '../instance-plane.ts';
import { LinkView } from './link-view.ts';
import type { Watch } from './watch.ts';

/** The interfaces of an instance's ports, in whatever namespaces, as rtnetlink tells of them. */
export class PortLinks implements Disposable {
  readonly #watch: Watch;
  /** By name of the namespace. */
  readonly #views = new Map<string | undefined, LinkView>();
  #changed: () => void = () => {};

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Something of an interface that was asked for has changed. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  /** `undefined`: the port leads to no interface, or to one that is gone. */
  state({ ifindex, namespace }: Pick<InstancePort, 'ifindex' | 'namespace'>): PortState | undefined {
    return ifindex === 0 ? undefined : this.#view(namespace).state(ifindex);
  }

  /** 0: there is no interface of this name. */
  index(name: string, namespace: string | undefined): number {
    return this.#view(namespace).index(name);
  }

  [Symbol.dispose](): void {
    for (const view of this.#views.values()) view[Symbol.dispose]();
    this.#views.clear();
  }

  #view(namespace: string | undefined): LinkView {
    const known = this.#views.get(namespace);
    if (known !== undefined) return known;
    const view = new LinkView(namespace, this.#watch, () => this.#changed());
    this.#views.set(namespace, view);
    return view;
  }
}
