import type { Generation } from '@twinpath/vnf/plan';
import type { GenerationSwitch } from './generation-switch.ts';

/** New contents of one table, checked and encoded. */
export interface Prepared {
  fill(generation: Generation): void;
  /** Packets see them. */
  done(): void;
}

/** A table that exists in two generations. */
export interface SwitchedMember {
  readonly path: string;
  /** @throws what is wrong with the contents. */
  prepare(contents: unknown): Prepared;
  /** The contents that the same table of another instance has; `undefined`: they are what this one has anyway. */
  prepareFrom(other: SwitchedMember): Prepared | undefined;
  copy(from: Generation, to: Generation): void;
}

/** Tables that change together: a packet sees all of them old, or all of them new. */
export class RuleSet {
  readonly #switch: GenerationSwitch;
  readonly #members: SwitchedMember[] = [];

  constructor(generations: GenerationSwitch) {
    this.#switch = generations;
  }

  get members(): readonly SwitchedMember[] {
    return this.#members;
  }

  get current(): Generation {
    return this.#switch.current;
  }

  /** A staged one: something was changed. */
  get inPlace(): boolean {
    return this.#switch.inPlace;
  }

  add(member: SwitchedMember): void {
    this.#members.push(member);
  }

  /** The generation that single changes go into. */
  writable(): Generation {
    if (!this.#switch.inPlace) this.replace(new Map());
    return this.#switch.current;
  }

  /** Members that are not named keep their contents. */
  replace(contents: ReadonlyMap<SwitchedMember, Prepared>): void {
    this.fill(contents)();
  }

  /** The contents that the same rule set of another instance has; in two steps as `fill`. */
  fillFrom(other: RuleSet): () => void {
    const contents = new Map<SwitchedMember, Prepared>();
    for (const member of this.#members) {
      const theirs = other.members.find(({ path }) => path === member.path);
      const prepared = theirs && member.prepareFrom(theirs);
      if (prepared !== undefined) contents.set(member, prepared);
    }
    return this.fill(contents);
  }

  /** `replace` in two steps: what is returned shows the new contents to packets, and cannot fail. */
  fill(contents: ReadonlyMap<SwitchedMember, Prepared>): () => void {
    const { current } = this.#switch;
    const next = this.#switch.begin();
    for (const member of this.#members) {
      const prepared = contents.get(member);
      if (prepared !== undefined) prepared.fill(next);
      else if (next !== current) member.copy(current, next);
    }
    return () => {
      this.#switch.commit(next);
      for (const prepared of contents.values()) prepared.done();
    };
  }
}
